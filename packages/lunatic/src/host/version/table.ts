// `lunatic::version`: the version of the interface that is served, which is what guests ask it for. Spec: ABI reference 1.13.

import type { HostFunction } from '../../engine/host_function.ts';
import { answers, namespace } from '../table.ts';

export const VERSION_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::version', [
  answers('major', '', 'i', () => 0),
  answers('minor', '', 'i', () => 13),
  answers('patch', '', 'i', () => 2),
]);
