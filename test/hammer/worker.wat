;; A process that does one random thing after the other to its neighbours: sends, spawns, links, monitors, kills, waits, computes.
;;
;; Every data message is 16 bytes: u64 sender, u32 number, u32 tag. A sender numbers what it sends to one receiver with one tag
;; from 1 on; the receiver knows what number must come next and traps in $out_of_order when another does: each message to a living
;; process arrives once, in order. Messages with tag 0 (delayed ones) and notices of death are only counted.
;;
;; When its steps are done it receives until a message with tag 9 comes, and answers that with its counts.
;;
;; Memory: 0 spawn out-pointer, 16 message in, 32 message out, 64 parameters, 128 names, 192 tags, 1024 known processes (16 ids),
;; 0x10000 last number received and 0x50000 last number sent, by [process][tag].

(module
  (import "lunatic::message" "create_data" (func $create_data (param i64 i64)))
  (import "lunatic::message" "write_data" (func $write_data (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data" (func $read_data (param i32 i32) (result i32)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (import "lunatic::message" "get_tag" (func $get_tag (result i64)))
  (import "lunatic::process" "process_id" (func $process_id (result i64)))
  (import "lunatic::process" "sleep_ms" (func $sleep_ms (param i64)))
  (import "lunatic::process" "spawn" (func $spawn_in (param i64 i64 i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "link" (func $link (param i64 i64)))
  (import "lunatic::process" "unlink" (func $unlink (param i64)))
  (import "lunatic::process" "monitor" (func $monitor (param i64)))
  (import "lunatic::process" "stop_monitoring" (func $stop_monitoring (param i64)))
  (import "lunatic::process" "kill" (func $kill (param i64)))
  (import "lunatic::process" "die_when_link_dies" (func $die_when_link_dies (param i32)))
  (import "lunatic::timer" "send_after" (func $send_after (param i64 i64) (result i64)))
  (memory (export "memory") 9)
  (data (i32.const 128) "worker")
  ;; Tags 1 and 3.
  (data (i32.const 192) "\01\00\00\00\00\00\00\00\03\00\00\00\00\00\00\00")
  (global $random (mut i32) (i32.const 0))
  (global $received (mut i32) (i32.const 0))
  (global $notices (mut i32) (i32.const 0))
  (global $self (mut i64) (i64.const 0))
  (global $trapping_links (mut i32) (i32.const 0))

  (func $out_of_order unreachable)
  (func $wrong_size unreachable)
  (func $on_purpose unreachable)

  ;; A number below $bound.
  (func $below (param $bound i32) (result i32)
    (local $x i32)
    (local.set $x (global.get $random))
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
    (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
    (global.set $random (local.get $x))
    (i32.rem_u (i32.shr_u (local.get $x) (i32.const 3)) (local.get $bound)))

  (func $know (param $process i64)
    (i64.store offset=1024 (i32.shl (call $below (i32.const 16)) (i32.const 3)) (local.get $process)))
  (func $somebody (result i64)
    (i64.load offset=1024 (i32.shl (call $below (i32.const 16)) (i32.const 3))))

  ;; The place for ($process, $tag) in a table.
  (func $slot (param $process i64) (param $tag i32) (result i32)
    (i32.shl
      ;; Processes of other threads have pids from 2^40 on: they get the upper half of the places.
      (i32.add
        (i32.shl
          (i32.wrap_i64
            (i64.and
              (i64.add (local.get $process) (i64.shl (i64.shr_u (local.get $process) (i64.const 40)) (i64.const 13)))
              (i64.const 16383)))
          (i32.const 2))
        (local.get $tag))
      (i32.const 2)))

  ;; Puts a message with the next number for ($to, $tag) in the scratch area.
  (func $write (param $to i64) (param $tag i32)
    (local $slot i32)
    (local.set $slot (call $slot (local.get $to) (local.get $tag)))
    (i32.store offset=0x50000 (local.get $slot) (i32.add (i32.load offset=0x50000 (local.get $slot)) (i32.const 1)))
    (i64.store (i32.const 32) (global.get $self))
    (i32.store (i32.const 40) (i32.load offset=0x50000 (local.get $slot)))
    (i32.store (i32.const 44) (local.get $tag))
    (call $create_data (i64.extend_i32_u (local.get $tag)) (i64.const 0))
    (drop (call $write_data (i32.const 32) (i32.const 16))))

  ;; Looks at what was received: (result of receive) -> whether it is the message that asks for the counts.
  (func $take (param $kind i32) (result i32)
    (local $slot i32)
    (if (i32.eq (local.get $kind) (i32.const 9027)) (then (return (i32.const 0))))
    (if (local.get $kind)
      (then
        (global.set $notices (i32.add (global.get $notices) (i32.const 1)))
        (return (i32.const 0))))
    (if (i64.eq (call $get_tag) (i64.const 9)) (then (return (i32.const 1))))
    (global.set $received (i32.add (global.get $received) (i32.const 1)))
    (if (i32.ne (call $read_data (i32.const 16) (i32.const 100)) (i32.const 16)) (then (call $wrong_size)))
    (if (i64.ne (call $get_tag) (i64.load32_u (i32.const 28))) (then (call $wrong_size)))
    (call $know (i64.load (i32.const 16)))
    (if (i32.eqz (i32.load (i32.const 28))) (then (return (i32.const 0))))
    (local.set $slot (call $slot (i64.load (i32.const 16)) (i32.load (i32.const 28))))
    (if (i32.ne (i32.load (i32.const 24)) (i32.add (i32.load offset=0x10000 (local.get $slot)) (i32.const 1)))
      (then (call $out_of_order)))
    (i32.store offset=0x10000 (local.get $slot) (i32.load (i32.const 24)))
    (i32.const 0))

  (func $spawn (param $generations i64) (param $linked i64)
    (i32.store8 (i32.const 64) (i32.const 0x7e))
    (i64.store (i32.const 65) (i64.extend_i32_u (i32.or (call $below (i32.const 0x10000000)) (i32.const 1))))
    (i32.store8 (i32.const 81) (i32.const 0x7e))
    (i64.store (i32.const 82) (global.get $self))
    (i32.store8 (i32.const 98) (i32.const 0x7e))
    (i64.store (i32.const 99) (local.get $generations))
    ;; At the limit of processes there is no child.
    (if (call $spawn_in (local.get $linked) (i64.const -1) (i64.const -1)
        (i32.const 128) (i32.const 6) (i32.const 64) (i32.const 51) (i32.const 0))
      (then (return)))
    (call $know (i64.load (i32.const 0))))

  (func $compute
    (local $steps i32)
    (local.set $steps (i32.const 20000))
    (loop $more
      (drop (call $below (i32.const 2)))
      (br_if $more (local.tee $steps (i32.sub (local.get $steps) (i32.const 1))))))

  ;; One random thing; 1: and that was the end.
  (func $step (param $generations i64) (result i32)
    (local $to i64) (local $what i32)
    (local.set $to (call $somebody))
    (local.set $what (call $below (i32.const 64)))
    (block $other
      (block $rarely
      (block $delay
      (block $sleep
      (block $compute
      (block $stop_monitoring
      (block $monitor
      (block $unlink
      (block $link
      (block $spawn
      (block $wait
      (block $selective
      (block $poll
      (block $send
        (br_if $send (i32.lt_u (local.get $what) (i32.const 24)))
        (br_if $poll (i32.lt_u (local.get $what) (i32.const 36)))
        (br_if $selective (i32.lt_u (local.get $what) (i32.const 42)))
        (br_if $wait (i32.lt_u (local.get $what) (i32.const 46)))
        (br_table $spawn $spawn $link $link $unlink $monitor $stop_monitoring $compute $compute $sleep $delay $delay $rarely $other
          (i32.sub (local.get $what) (i32.const 46))))
        ;; $send
        (local.set $what (i32.add (call $below (i32.const 3)) (i32.const 1)))
        (call $write (local.get $to) (local.get $what))
        (drop (call $send (local.get $to)))
        (br $other))
        ;; $poll
        (drop (call $take (call $receive (i32.const 0) (i32.const 0) (i64.const 0))))
        (br $other))
        ;; $selective
        (drop (call $take (call $receive (i32.const 192) (i32.const 2) (i64.extend_i32_u (call $below (i32.const 2))))))
        (br $other))
        ;; $wait
        (drop (call $take (call $receive (i32.const 0) (i32.const 0) (i64.const 1))))
        (br $other))
        ;; $spawn
        (if (i64.ne (local.get $generations) (i64.const 0))
          (then
            (call $spawn (i64.sub (local.get $generations) (i64.const 1)) (i64.extend_i32_u (call $below (i32.const 2))))))
        (br $other))
        ;; $link
        (call $link (i64.const 7) (local.get $to))
        (br $other))
        ;; $unlink
        (call $unlink (local.get $to))
        (br $other))
        ;; $monitor
        (call $monitor (local.get $to))
        (br $other))
        ;; $stop_monitoring
        (call $stop_monitoring (local.get $to))
        (br $other))
        ;; $compute
        (call $compute)
        (br $other))
        ;; $sleep
        (call $sleep_ms (i64.extend_i32_u (call $below (i32.const 3))))
        (br $other))
        ;; $delay
        (call $write (local.get $to) (i32.const 0))
        (drop (call $send_after (local.get $to) (i64.extend_i32_u (call $below (i32.const 4)))))
        (br $other))
      ;; $rarely
      (local.set $what (call $below (i32.const 16)))
      (if (i32.eqz (local.get $what)) (then (call $kill (local.get $to))))
      (if (i32.eq (local.get $what) (i32.const 1)) (then (call $on_purpose)))
      (if (i32.eq (local.get $what) (i32.const 2)) (then (return (i32.const 1))))
      (if (i32.gt_u (local.get $what) (i32.const 8))
        (then
          (global.set $trapping_links (i32.xor (global.get $trapping_links) (i32.const 1)))
          (call $die_when_link_dies (i32.xor (global.get $trapping_links) (i32.const 1))))))
    (i32.const 0))

  (func (export "worker") (param $seed i64) (param $parent i64) (param $generations i64)
    (local $steps i32)
    (global.set $random (i32.wrap_i64 (local.get $seed)))
    (global.set $self (call $process_id))
    (local.set $steps (i32.const 16))
    (loop $more
      (i64.store offset=1024 (i32.shl (local.tee $steps (i32.sub (local.get $steps) (i32.const 1))) (i32.const 3))
        (local.get $parent))
      (br_if $more (local.get $steps)))
    (local.set $steps (i32.add (i32.const 100) (call $below (i32.const 200))))
    (loop $more
      (if (call $step (local.get $generations)) (then (return)))
      (br_if $more (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
    ;; Nobody else's failure shall end it any more, so that it can tell its counts.
    (call $die_when_link_dies (i32.const 0))
    (loop $more
      (br_if $more (i32.eqz (call $take (call $receive (i32.const 0) (i32.const 0) (i64.const -1))))))
    (drop (call $read_data (i32.const 16) (i32.const 8)))
    (i64.store (i32.const 32) (global.get $self))
    (i32.store (i32.const 40) (global.get $received))
    (i32.store (i32.const 44) (global.get $notices))
    (call $create_data (i64.const 0) (i64.const 0))
    (drop (call $write_data (i32.const 32) (i32.const 16)))
    (drop (call $send (i64.load (i32.const 16))))))
