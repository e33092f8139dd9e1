;; tracked: what a counted loop will write is marked before each strip; the second of two stores on one base needs no mark.
(module
  (memory 1)
  (func (param $p i32) (param $n i32)
    (loop $again
      (i32.store offset=4 (local.get $p) (local.get $n))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i64.store (local.get $p) (i64.const 1))
    (i64.store offset=8 (local.get $p) (i64.const 2))))
