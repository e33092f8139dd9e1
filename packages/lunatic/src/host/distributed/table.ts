// `lunatic::distributed` on a VM that is not a node of a distributed system, which is every VM so far: there are no nodes, the own
// id and the module's are 0, and whatever needs another node traps. Compiled guests import these functions whether they have other
// nodes in mind or not: their library asks for the own node with each send. Spec: ABI reference 1.12.

import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { answers, namespace } from '../table.ts';

export const DISTRIBUTED_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::distributed', [
  answers('nodes_count', '', 'i', () => 0),
  answers('get_nodes', 'ii', 'i', () => 0),
  answers('node_id', '', 'I', () => 0n),
  answers('module_id', '', 'I', () => 0n),
  answers('spawn', 'IIIiiiii', 'i', (ctx, nodeId) => noSuchNode(ctx, nodeId)),
  answers('send', 'II', 'i', (ctx, nodeId) => noSuchNode(ctx, nodeId)),
  answers('send_receive_skip_search', 'IIII', 'i', (ctx, nodeId) => noSuchNode(ctx, nodeId)),
  answers('exec_lookup_nodes', 'iiiii', 'i', (ctx) => notDistributed(ctx)),
  answers('copy_lookup_nodes_results', 'Iiii', 'i', (ctx) => notDistributed(ctx)),
]);

function noSuchNode(ctx: HostContext, nodeId: bigint): never {
  ctx.trap(`there is no node ${BigInt.asUintN(64, nodeId)}: this VM is not part of a distributed system`);
}

function notDistributed(ctx: HostContext): never {
  ctx.trap('there are no nodes to look up: this VM is not part of a distributed system');
}
