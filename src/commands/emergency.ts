/** `emergency`: short for `cluster-access request --emergency`. */

import type { CommandDefinition } from '../cli/definition.ts';
import { OUTPUT_FORMATS } from '../output/view.ts';
import { runRequest } from './cluster-access/request.ts';
import {
  addRequestOptions,
  optionsOf,
  type RequestFlags,
  type RequestOptions,
} from './cluster-access/request-options.ts';

export const emergencyCommand: CommandDefinition<RequestOptions> = {
  texts: {
    summary: 'request production access in an incident',
    description:
      'Short for: cluster-access request --emergency. Requests write access in an incident, prints the command with which a colleague approves it, waits, and renews the token.',
    examples: [
      'zkubectl emergency -i INC-1234 checkout is down',
      'zkubectl emergency -i https://jira.example.org/browse/INC-1234 --cluster foobarlab checkout is down',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: addRequestOptions,
  options: (reason, flags: RequestFlags) => optionsOf(reason, flags, true),
  run: runRequest,
};
