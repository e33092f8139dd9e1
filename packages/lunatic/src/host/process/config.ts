// Configurations as guests handle them. Spec: ABI reference 1.9 and 3.1.

import { HandleTable } from '../../base/handle_table.ts';
import type { HostContext } from '../../engine/host_function.ts';
import { MAX_CONFIGS } from '../limits.ts';
import { addHandle, hostState, removeHandle } from '../state.ts';
import { answers, type Row } from '../table.ts';
import { idNumber, NO_ID, printId } from '../values.ts';
import { ConfigDraft } from './config_draft.ts';

export const CONFIG_ROWS: readonly Row[] = [
  answers('create_config', '', 'I', createConfig),
  answers('drop_config', 'I', '', (ctx, id) => {
    const draft = removeHandle(ctx, hostState(ctx).configs, idNumber(id), ({ textBytes }) => textBytes);
    if (draft === undefined) unknownConfig(ctx, id);
  }),
  answers('config_set_max_memory', 'II', '', (ctx, id, bytes) => draftOf(ctx, id).setMaxMemory(limitNumber(bytes))),
  answers('config_get_max_memory', 'I', 'I', (ctx, id) => BigInt(draftOf(ctx, id).maxMemoryBytes)),
  answers('config_set_max_fuel', 'II', '', (ctx, id, units) => draftOf(ctx, id).setMaxFuel(limitNumber(units))),
  answers('config_get_max_fuel', 'I', 'I', (ctx, id) => BigInt(draftOf(ctx, id).maxFuel)),
  ...permissionRows('compile_modules', 'canCompileModules'),
  ...permissionRows('create_configs', 'canCreateConfigs'),
  ...permissionRows('spawn_processes', 'canSpawnProcesses'),
];

/** The draft with this id. Traps if there is none. */
export function draftOf(ctx: HostContext, id: bigint): ConfigDraft {
  return hostState(ctx).configs?.get(idNumber(id)) ?? unknownConfig(ctx, id);
}

/** A new configuration with every permission denied; -1 if the process may not make any. */
function createConfig(ctx: HostContext): bigint {
  const owner = ctx.engine.configOf(ctx.process);
  if (!owner.canCreateConfigs) return -1n;
  const state = hostState(ctx);
  state.configs ??= new HandleTable();
  return BigInt(addHandle(ctx, state.configs, new ConfigDraft(owner), 'configurations', MAX_CONFIGS));
}

type Permission = 'canCompileModules' | 'canCreateConfigs' | 'canSpawnProcesses';

function permissionRows(name: string, field: Permission): Row[] {
  return [
    answers(`config_can_${name}`, 'I', 'i', (ctx, id) => (draftOf(ctx, id)[field] ? 1 : 0)),
    answers(`config_set_can_${name}`, 'Ii', '', (ctx, id, allowed) => {
      const draft = draftOf(ctx, id);
      draft[field] = allowed !== 0 && draft.owner[field];
      draft.changed();
    }),
  ];
}

function unknownConfig(ctx: HostContext, id: bigint): never {
  ctx.trap(`configuration id ${printId(id)} does not exist`);
}

/** A u64 limit; what no limit of ours reaches counts as the largest exact integer. */
function limitNumber(value: bigint): number {
  const number = idNumber(value);
  return number === NO_ID ? Number.MAX_SAFE_INTEGER : number;
}
