/** Results as text. Fed by results and the store; never by an engine. */
export { formatFailure, formatOtherFailures, type ReportedFailure, rootFailures } from './failures.ts';
export { formatTable } from './table.ts';
export { formatVerdicts, type Verdict, verdicts } from './test-report.ts';
export { warningLines } from './warnings.ts';
