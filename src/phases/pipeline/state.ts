import type { Digest } from '../../core/digest.ts';
import type { PhaseMarker } from './marker.ts';

/** What is known of a phase without running it. */
export type PhaseState =
  | { readonly is: 'fresh'; readonly marker: PhaseMarker }
  | { readonly is: 'stale'; readonly why: string; readonly marker: PhaseMarker }
  | { readonly is: 'failed'; readonly why: string; readonly marker: PhaseMarker }
  | { readonly is: 'never' };

/** What phases after one see of it: its output, where that still holds. */
export function outputOf(state: PhaseState | undefined): Digest | undefined {
  return state?.is === 'fresh' ? state.marker.output : undefined;
}

export function describeState(state: PhaseState): string {
  switch (state.is) {
    case 'fresh':
      return 'fresh';
    case 'never':
      return 'never run';
    default:
      return `${state.is}: ${state.why}`;
  }
}
