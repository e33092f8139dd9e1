;; tracked: every write is followed by its mark.
(module
  (memory 1)
  (func (param i32 i64) (i64.store offset=8 (local.get 0) (local.get 1)))
  (func (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 32))))
