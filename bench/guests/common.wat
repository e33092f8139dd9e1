;; What every guest program shares, pasted before its own fields: imports, one memory, arguments in,
;; numbers out, sending and receiving. bench/guests.ts wraps both in `(module ...)`.
;;
;; Memory, one page unless a program grows it: 0 scratch for WASI and out-pointers, 64 text of a number,
;; 128 spawn parameters, 192 message of this process, 1024 arguments, 16384 free for the program.

(import "lunatic::process" "spawn"
  (func $spawn_raw (param i64 i64 i64 i32 i32 i32 i32 i32) (result i32)))
(import "lunatic::process" "process_id" (func $process_id (result i64)))
(import "lunatic::process" "sleep_ms" (func $sleep_ms (param i64)))
(import "lunatic::process" "kill" (func $kill (param i64)))
(import "lunatic::message" "create_data" (func $create_data (param i64 i64)))
(import "lunatic::message" "write_data" (func $write_data (param i32 i32) (result i32)))
(import "lunatic::message" "read_data" (func $read_data (param i32 i32) (result i32)))
(import "lunatic::message" "send" (func $send_raw (param i64) (result i32)))
(import "lunatic::message" "receive" (func $receive_raw (param i32 i32 i64) (result i32)))
(import "lunatic::message" "get_tag" (func $get_tag (result i64)))
(import "lunatic::timer" "send_after" (func $send_after (param i64 i64) (result i64)))
(import "lunatic::timer" "cancel_timer" (func $cancel_timer (param i64) (result i32)))
(import "lunatic::version" "major" (func $version_major (result i32)))
(import "lunatic::trap" "catch" (func $catch (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
(import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
(import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

(memory (export "memory") 1)

;; Nanoseconds of the monotonic clock.
(func $now (result i64)
  (if (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0)) (then unreachable))
  (i64.load (i32.const 0)))

;; The argument at `from_end` (0 is the last one) as a number. Counted from the end because
;; the program name may or may not come first.
(func $argument (param $from_end i32) (result i32)
  (local $text i32) (local $value i32) (local $digit i32)
  (if (call $args_sizes_get (i32.const 0) (i32.const 4)) (then unreachable))
  (if (call $args_get (i32.const 1024) (i32.const 4096)) (then unreachable))
  (local.set $text
    (i32.load
      (i32.add
        (i32.const 1020)
        (i32.shl (i32.sub (i32.load (i32.const 0)) (local.get $from_end)) (i32.const 2)))))
  (loop $next (result i32)
    (local.set $digit (i32.sub (i32.load8_u (local.get $text)) (i32.const 48)))
    (if (result i32) (i32.lt_u (local.get $digit) (i32.const 10))
      (then
        (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10)) (local.get $digit)))
        (local.set $text (i32.add (local.get $text) (i32.const 1)))
        (br $next))
      (else (local.get $value)))))

;; Writes all of [text, text + length) to standard output.
(func $write (param $text i32) (param $length i32)
  (loop $again
    (i32.store (i32.const 0) (local.get $text))
    (i32.store (i32.const 4) (local.get $length))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
    (local.set $text (i32.add (local.get $text) (i32.load (i32.const 8))))
    (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 8))))
    (br_if $again (local.get $length))))

;; Writes one line: the 8 characters packed in `label` (little-endian, zero bytes left out), a space, the number.
(func $report (param $label i64) (param $value i64)
  (local $at i32)
  (local.set $at (i32.const 127))
  (i32.store8 (local.get $at) (i32.const 10))
  (loop $digits
    (local.set $at (i32.sub (local.get $at) (i32.const 1)))
    (i32.store8 (local.get $at)
      (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $value) (i64.const 10)))))
    (local.set $value (i64.div_u (local.get $value) (i64.const 10)))
    (br_if $digits (i64.ne (local.get $value) (i64.const 0))))
  (local.set $at (i32.sub (local.get $at) (i32.const 1)))
  (i32.store8 (local.get $at) (i32.const 32))
  (loop $letters
    (if (i64.ne (i64.const 0) (i64.shr_u (local.get $label) (i64.const 56)))
      (then
        (local.set $at (i32.sub (local.get $at) (i32.const 1)))
        (i32.store8 (local.get $at) (i32.wrap_i64 (i64.shr_u (local.get $label) (i64.const 56))))))
    (local.set $label (i64.shl (local.get $label) (i64.const 8)))
    (br_if $letters (i64.ne (local.get $label) (i64.const 0))))
  (call $write (local.get $at) (i32.sub (i32.const 128) (local.get $at))))

;; Reports a duration under the name all peers use: "ns".
(func $report_ns (param $value i64) (call $report (i64.const 0x736e) (local.get $value)))

;; Waits for one line on standard input, or its end. Programs with rounds do so before each: see bench/rounds.ts.
(func $wait_line
  (loop $more
    (i32.store (i32.const 0) (i32.const 12))
    (i32.store (i32.const 4) (i32.const 1))
    (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
    (if (i32.eqz (i32.load (i32.const 8))) (then return))
    (br_if $more (i32.ne (i32.load8_u (i32.const 12)) (i32.const 10)))))

;; Spawns the export named by [name, name + length) of this module with one i64 argument.
(func $spawn (param $name i32) (param $length i32) (param $argument i64) (result i64)
  (i32.store8 (i32.const 128) (i32.const 0x7e))
  (i64.store (i32.const 129) (local.get $argument))
  (if (call $spawn_raw
        (i64.const 0) (i64.const -1) (i64.const -1) (local.get $name) (local.get $length)
        (i32.const 128) (i32.const 17) (i32.const 0))
    (then unreachable))
  (i64.load (i32.const 0)))

;; Sends [from, from + length) to a process.
(func $send (param $to i64) (param $from i32) (param $length i32)
  (call $create_data (i64.const 0) (i64.extend_i32_u (local.get $length)))
  (drop (call $write_data (local.get $from) (local.get $length)))
  (drop (call $send_raw (local.get $to))))

;; Waits for a message and copies up to `length` bytes of it to `to`.
(func $receive (param $to i32) (param $length i32)
  (if (call $receive_raw (i32.const 0) (i32.const 0) (i64.const -1)) (then unreachable))
  (drop (call $read_data (local.get $to) (local.get $length))))

;; A pair of numbers, or one, as a message.
(func $send_pair (param $to i64) (param $first i64) (param $second i64)
  (i64.store (i32.const 192) (local.get $first))
  (i64.store (i32.const 200) (local.get $second))
  (call $send (local.get $to) (i32.const 192) (i32.const 16)))
(func $send_number (param $to i64) (param $value i64)
  (i64.store (i32.const 192) (local.get $value))
  (call $send (local.get $to) (i32.const 192) (i32.const 8)))
(func $receive_number (result i64)
  (call $receive (i32.const 192) (i32.const 8))
  (i64.load (i32.const 192)))
