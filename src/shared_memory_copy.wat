;; Copies bytes between two memories that threads share, wherever they lie within a word. See
;; shared_memory.ts; scripts/build_kernels.ts makes shared_memory_wasm.ts of this.
(module
  (import "env" "target" (memory $target 0 65536 shared))
  (import "env" "source" (memory $source 0 65536 shared))
  (func (export "copy") (param $to i32) (param $from i32) (param $length i32)
    ;; 64 bytes at a time
    (block $tail
      (loop $next
        (br_if $tail (i32.lt_u (local.get $length) (i32.const 64)))
        (v128.store $target align=1 (local.get $to)
          (v128.load $source align=1 (local.get $from)))
        (v128.store $target offset=16 align=1 (local.get $to)
          (v128.load $source offset=16 align=1 (local.get $from)))
        (v128.store $target offset=32 align=1 (local.get $to)
          (v128.load $source offset=32 align=1 (local.get $from)))
        (v128.store $target offset=48 align=1 (local.get $to)
          (v128.load $source offset=48 align=1 (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 64)))
        (local.set $from (i32.add (local.get $from) (i32.const 64)))
        (local.set $length (i32.sub (local.get $length) (i32.const 64)))
        (br $next)))
    ;; what is left, byte by byte
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (i32.store8 $target (local.get $to) (i32.load8_u $source (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))))
