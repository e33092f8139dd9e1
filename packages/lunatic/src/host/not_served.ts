// Imports that belong to the interface but are not served by this version: known names get
// a reason of their own instead of "no such function".
//
// The early `lunatic` namespace had four incompatible generations, told apart by the other imports
// of the same module. Spec: ABI reference 1.4 to 1.8, 1.12, 1.13, 7.4 to 7.7.

import type { Import } from '../wasm/types.ts';

const NETWORKING =
  'resolve drop_dns_iterator resolve_next ' +
  'tcp_bind drop_tcp_listener tcp_local_addr tcp_accept tcp_connect tcp_peer_addr drop_tcp_stream clone_tcp_stream ' +
  'tcp_write_vectored tcp_read tcp_peek tcp_flush ' +
  'set_read_timeout set_write_timeout set_peek_timeout get_read_timeout get_write_timeout get_peek_timeout ' +
  'tls_bind drop_tls_listener tls_local_addr tls_accept tls_connect drop_tls_stream clone_tls_stream ' +
  'tls_write_vectored tls_read tls_flush ' +
  'set_tls_read_timeout set_tls_write_timeout get_tls_read_timeout get_tls_write_timeout ' +
  'udp_bind udp_local_addr udp_peer_addr drop_udp_socket udp_receive udp_receive_from udp_connect clone_udp_socket ' +
  'set_udp_socket_broadcast get_udp_socket_broadcast set_udp_socket_ttl get_udp_socket_ttl udp_send_to udp_send';

const SQLITE =
  'open query_prepare execute bind_value sqlite3_changes statement_reset sqlite3_step sqlite3_finalize ' +
  'column_count column_name column_names read_column read_row last_error';

const DISTRIBUTED = 'test_root_cert default_server_certificates sign_node';

const METRICS = 'counter increment_counter gauge increment_gauge decrement_gauge histogram';

const MESSAGE_RESOURCES =
  'push_tcp_stream take_tcp_stream push_tls_stream take_tls_stream push_udp_socket take_udp_socket';

const EARLY_TCP = 'tcp_bind_str tcp_accept tcp_stream_serialize tcp_stream_deserialize';

const NOT_YET: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['lunatic::networking', words(NETWORKING)],
  ['lunatic::sqlite', words(SQLITE)],
  ['lunatic::distributed', words(DISTRIBUTED)],
  ['lunatic::metrics', words(METRICS)],
  ['lunatic::message', words(MESSAGE_RESOURCES)],
  ['lunatic', words(EARLY_TCP)],
]);

/** Names of versions up to 0.9, whose processes were table resources; 0.10 dropped them. */
const DROPPED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['lunatic::message', words('push_process take_process')],
  [
    'lunatic::process',
    words(
      'this id clone_process drop_process create_environment create_remote_environment drop_environment ' +
        'set_process_die_on_link join add_module add_plugin spawn_link inherit_spawn allow_namespace preopen_dir ' +
        'register unregister lookup',
    ),
  ],
]);

const EARLY_NAMES: ReadonlyMap<string, string> = new Map([
  ...named('A (crate 0.1)', 'send receive clone drop'),
  ...named('C (December 2020)', 'channel_next_message_size channel_open channel_close yield_'),
  ...named(
    'D (crate 0.3)',
    'spawn_with_context cancel_process detach_process drop_last_message sender_serialize receiver_serialize ' +
      'tcp_listener_serialize sender_deserialize receiver_deserialize tcp_listener_deserialize close_sender close_receiver ' +
      'close_tcp_listener close_tcp_stream tcp_bind tcp_connect tcp_write_vectored tcp_read_vectored tcp_flush ' +
      'resolve resolve_next remove_resolver',
  ),
]);

const EARLY_COLLISIONS = words('channel channel_send channel_receive channel_receive_prepare spawn join yield_');

/** Why an import that no row fits is known all the same; undefined if it is not. */
export function notServedReason(module: string, name: string, imports: readonly Import[]): string | undefined {
  if (module === 'lunatic') {
    const generation = earlyGeneration(imports);
    if (generation !== undefined && (EARLY_NAMES.has(name) || EARLY_COLLISIONS.has(name))) {
      return `this module speaks generation ${generation} of the early interface, which is not yet served (generation B, crate 0.2, is)`;
    }
  }
  if (DROPPED.get(module)?.has(name)) return 'an interface before version 0.10 of the original, which is not served';
  if (NOT_YET.get(module)?.has(name)) return 'not yet served';
  return undefined;
}

/** Whether this is a namespace of the interface, served or not. */
export function isReservedName(module: string): boolean {
  return module === 'lunatic' || module.startsWith('lunatic::') || module === 'wasi_snapshot_preview1';
}

/** The generation of a module that imports the early namespace, if it is another than B. Spec: ABI reference 7.7. */
export function earlyGeneration(imports: readonly Import[]): string | undefined {
  for (const item of imports) {
    if (item.module !== 'lunatic') continue;
    if (item.name === 'channel_deserialize' || item.name === 'drop_externref') return undefined;
  }
  for (const item of imports) {
    if (item.module !== 'lunatic') continue;
    // yield_ is shared by C and D, so it only decides when nothing else has.
    if (item.name === 'yield_') continue;
    const generation = EARLY_NAMES.get(item.name);
    if (generation !== undefined) return generation;
    if (item.name === 'channel_receive_prepare') return 'C or D';
  }
  return imports.some((item) => item.module === 'lunatic' && item.name === 'yield_') ? 'C or D' : undefined;
}

function words(text: string): Set<string> {
  return new Set(text.split(' '));
}

function named(generation: string, names: string): [string, string][] {
  return names.split(' ').map((name) => [name, generation]);
}
