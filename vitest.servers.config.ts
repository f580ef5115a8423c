import { defineConfig } from 'vitest/config';

/** The tests against real servers; `.ci/servers.sh` installs what they start. */
export default defineConfig({
  test: {
    include: ['tests/servers/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
