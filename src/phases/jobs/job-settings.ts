import { failure } from '../../core/failure.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { DEFAULT_SPEC, type JobSpec } from './job-spec.ts';

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isTexts = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isText);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const QUANTITIES = 'requests and limits, each with cpu and memory as texts';
const isQuantities = (value: unknown): boolean =>
  isTexts(value) && isRecord(value) && isText(value.cpu) && isText(value.memory);

/** What each setting has to be, for those that read an error. */
const RULES: { readonly [Key in keyof JobSpec]: readonly [string, (value: unknown) => boolean] } = {
  name: ['a text', isText],
  namespace: ['a text', isText],
  version: ['a text', (value) => isText(value) || typeof value === 'number'],
  image: ['an image like name:tag', (value) => isText(value) && /^(?:[^\s]+)?$/.test(String(value))],
  steps: [
    'a list of steps, each with a name and a command (a list of texts)',
    (value) =>
      Array.isArray(value) &&
      value.every(
        (step) => isRecord(step) && isText(step.name) && Array.isArray(step.command) && step.command.every(isText),
      ),
  ],
  environment: ['a mapping of texts', isTexts],
  serviceAccount: ['a text', isText],
  resources: [QUANTITIES, (value) => isRecord(value) && isQuantities(value.requests) && isQuantities(value.limits)],
  backoffLimit: ['a whole number', isCount],
  ttlSecondsAfterFinished: ['a whole number', isCount],
  activeDeadlineSeconds: ['a whole number', isCount],
  restartPolicy: ['Never or OnFailure', (value) => value === 'Never' || value === 'OnFailure'],
  schedule: [
    'five fields of cron, or @daily and the like',
    (value) => isText(value) && /^(?:@[a-z]+|\S+(?: +\S+){4})$/.test(String(value).trim()),
  ],
  timestamp: ['a text', isText],
};

/** Settings of a Job as a person wrote them. A failure names the first that there is not, or that cannot be so. */
export function readJobSettings(data: Readonly<Record<string, unknown>>): Result<Partial<JobSpec>> {
  for (const [key, value] of Object.entries(data)) {
    if (!Object.hasOwn(RULES, key))
      return fail(failure('invalid-object', `there is no setting ${key} (${Object.keys(DEFAULT_SPEC).join(', ')})`));
    const [wanted, holds] = RULES[key as keyof JobSpec];
    if (!holds(value)) return fail(failure('invalid-object', `${key} is not ${wanted}`));
  }
  const version = data.version === undefined ? {} : { version: String(data.version) };
  return ok({ ...(data as Partial<JobSpec>), ...version });
}

/** Whether an image is the same one tomorrow. */
export const hasFixedTag = (image: string): boolean =>
  image.includes('@') || (/:[^/:]+$/.test(image) && !image.endsWith(':latest'));
