;; The smallest program: writes one line and ends. No common part: this measures start-up alone.

(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(memory (export "memory") 1)
(data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
(func (export "_start")
  (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable)))
