"""Eight numbers at a time.

Adding up a vector one number after the other keeps a processor waiting: each addition needs the one before. Giving a
compiler leave to regroup the additions makes it fast, but then each processor regroups in its own way and the digits
differ from machine to machine. Here the grouping is part of the program: a vector is read in *lanes*, eight float32
side by side, and every processor, with wide registers or narrow ones, works through the same eight sums.

Embeddings are therefore stored in rows whose length is a multiple of :data:`LANES` (see :func:`padded_width`); the
numbers beyond the last component stay zero. The functions below are written twice: as plain Python, which says what
they do and which runs when Numba is switched off, and as the LLVM instruction that Numba is to emit for them.
"""

from __future__ import annotations

import operator

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

LANES = 8
CACHE_LINE = 64
"""Bytes that a processor fetches at a time."""


def padded_width(n_components: int) -> int:
    """Smallest multiple of :data:`LANES` that holds `n_components` numbers."""
    return -(-n_components // LANES) * LANES


def load(array, row, column):
    """Lanes ``array[row, column : column + 8]`` of a C-contiguous float32 matrix."""
    return array[row, column : column + LANES].copy()


def store(array, row, column, lanes):
    """Write lanes to ``array[row, column : column + 8]``."""
    array[row, column : column + LANES] = lanes


def element(array, index):
    """``array[index]`` for an index that is not negative: compiled, it does not ask whether to count from the end."""
    return array[index]


def broadcast(number):
    """Lanes that all hold one number, as float32."""
    return np.full(LANES, number, dtype=np.float32)


def square_root(lanes):
    """Square root of each lane."""
    return np.sqrt(lanes)


def prefetch(array, row):
    """Ask the processor to fetch a row of a matrix that will be needed soon. It changes no result."""


def products(left, i, right, j):
    """Inner product of row i of `left` and row j of `right` as eight running sums; :func:`total` adds them up."""
    sums = broadcast(0)
    for column in range(0, left.shape[1], LANES):
        sums += load(left, i, column) * load(right, j, column)
    return sums


def at_least(lanes, others):
    """1.0 in each lane that is not below its partner, 0.0 elsewhere."""
    return (lanes >= others).astype(np.float32)


def total(lanes):
    """Sum of the lanes, by halves: lanes 0–3 plus lanes 4–7, and so on. The order is part of the result's bits."""
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = lanes[:half] + lanes[half:]
    return lanes[0]


# What follows teaches Numba the type and its operations. A learner can stop reading here.


class _LanesType(types.Type):
    def __init__(self):
        super().__init__(name="float32x8")


_lanes = _LanesType()
_VECTOR = ir.VectorType(ir.FloatType(), LANES)
_INT32 = ir.IntType(32)


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type):
        super().__init__(manager, numba_type, _VECTOR)


def _compiled_as(function, result, *argument_kinds):
    """Register the LLVM code of a function: `argument_kinds` are the Numba type classes it accepts.

    `result` is the Numba type of what it returns, or a function of the arguments' types that names it.
    """

    def decorate(emit):
        class Template(AbstractTemplate):
            def generic(self, arguments, keywords):
                fits = len(arguments) == len(argument_kinds) and all(map(isinstance, arguments, argument_kinds))
                if not fits or keywords:
                    return None
                return signature(result if isinstance(result, types.Type) else result(*arguments), *arguments)

        infer_global(function)(Template)
        lower_builtin(function, *argument_kinds)(emit)
        return emit

    return decorate


def _address(context, builder, sig, args):
    """Pointer to eight float32 at (row, column) of a C-contiguous matrix. Indices are trusted, as in all kernels."""
    matrix = context.make_array(sig.args[0])(context, builder, args[0])
    row = context.cast(builder, args[1], sig.args[1], types.intp)
    column = context.cast(builder, args[2], sig.args[2], types.intp)
    offset = builder.add(builder.mul(row, builder.extract_value(matrix.shape, 1)), column)
    return builder.bitcast(builder.gep(matrix.data, [offset]), _VECTOR.as_pointer())


@_compiled_as(load, _lanes, types.Array, types.Integer, types.Integer)
def _emit_load(context, builder, sig, args):
    instruction = builder.load(_address(context, builder, sig, args))
    instruction.align = 4
    return instruction


@_compiled_as(store, types.none, types.Array, types.Integer, types.Integer, _LanesType)
def _emit_store(context, builder, sig, args):
    instruction = builder.store(args[3], _address(context, builder, sig, args))
    instruction.align = 4
    return context.get_dummy_value()


@_compiled_as(element, lambda array, index: array.dtype, types.Array, types.Integer)
def _emit_element(context, builder, sig, args):
    start = context.make_array(sig.args[0])(context, builder, args[0]).data
    return builder.load(builder.gep(start, [context.cast(builder, args[1], sig.args[1], types.intp)]))


@_compiled_as(broadcast, _lanes, types.Number)
def _emit_broadcast(context, builder, sig, args):
    number = context.cast(builder, args[0], sig.args[0], types.float32)
    first = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(_INT32, 0))
    everywhere = ir.Constant(ir.VectorType(_INT32, LANES), [0] * LANES)
    return builder.shuffle_vector(first, first, everywhere)


@_compiled_as(square_root, _lanes, _LanesType)
def _emit_square_root(context, builder, sig, args):
    instruction = ir.FunctionType(_VECTOR, [_VECTOR])
    return builder.call(cgutils.get_or_insert_function(builder.module, instruction, f"llvm.sqrt.v{LANES}f32"), args)


@_compiled_as(prefetch, types.none, types.Array, types.Integer)
def _emit_prefetch(context, builder, sig, args):
    matrix = context.make_array(sig.args[0])(context, builder, args[0])
    width = builder.extract_value(matrix.shape, 1)
    first = builder.mul(context.cast(builder, args[1], sig.args[1], types.intp), width)
    pointer = ir.IntType(8).as_pointer()
    instruction = ir.FunctionType(ir.VoidType(), [pointer, _INT32, _INT32, _INT32])
    fetch = cgutils.get_or_insert_function(builder.module, instruction, "llvm.prefetch.p0i8")
    read, keep, data = (ir.Constant(_INT32, number) for number in (0, 3, 1))
    numbers_in_a_line = context.get_constant(types.intp, CACHE_LINE // 4)
    with cgutils.for_range_slice(
        builder, context.get_constant(types.intp, 0), width, numbers_in_a_line, intp=width.type
    ) as (column, _):
        address = builder.gep(matrix.data, [builder.add(first, column)])
        builder.call(fetch, [builder.bitcast(address, pointer), read, keep, data])
    return context.get_dummy_value()


_UNROLLED = 8
"""Steps of :func:`products` that are written out."""


@_compiled_as(products, _lanes, types.Array, types.Integer, types.Array, types.Integer)
def _emit_products(context, builder, sig, args):
    """Eight steps at a time and a jump into the middle of the last eight.

    Left to itself, LLVM does the same in a way that spends more on bookkeeping than a row of four or eight steps costs.
    """

    def integer(number):
        return context.get_constant(types.intp, number)

    width = builder.extract_value(context.make_array(sig.args[0])(context, builder, args[0]).shape, 1)
    starts = []
    for kind, matrix, row_kind, row in zip(sig.args[::2], args[::2], sig.args[1::2], args[1::2], strict=True):
        first = builder.mul(context.cast(builder, row, row_kind, types.intp), width)
        starts.append(builder.gep(context.make_array(kind)(context, builder, matrix).data, [first]))

    def add_step(sums, column):
        pair = [builder.load(builder.bitcast(builder.gep(s, [column]), _VECTOR.as_pointer())) for s in starts]
        for instruction in pair:
            instruction.align = 4
        return builder.fadd(sums, builder.fmul(*pair))

    entry = builder.block
    head, eight_steps, jump = (builder.append_basic_block(name) for name in ("head", "eight_steps", "jump"))
    last_steps = [builder.append_basic_block(f"{count}_left") for count in range(_UNROLLED)]
    builder.branch(head)

    builder.position_at_end(head)
    column, sums = builder.phi(width.type), builder.phi(_VECTOR)
    column.add_incoming(integer(0), entry)
    sums.add_incoming(ir.Constant(_VECTOR, [0.0] * LANES), entry)
    steps_left = builder.udiv(builder.sub(width, column), integer(LANES))
    builder.cbranch(builder.icmp_unsigned(">=", steps_left, integer(_UNROLLED)), eight_steps, jump)

    builder.position_at_end(eight_steps)
    more = sums
    for step in range(_UNROLLED):
        more = add_step(more, builder.add(column, integer(step * LANES)))
    column.add_incoming(builder.add(column, integer(_UNROLLED * LANES)), eight_steps)
    sums.add_incoming(more, eight_steps)
    builder.branch(head)

    builder.position_at_end(jump)
    cases = builder.switch(steps_left, last_steps[0])
    for count in range(1, _UNROLLED):
        cases.add_case(integer(count), last_steps[count])

    for count in reversed(range(_UNROLLED)):
        builder.position_at_end(last_steps[count])
        so_far = builder.phi(_VECTOR)
        so_far.add_incoming(sums, jump)
        if count + 1 < _UNROLLED:
            so_far.add_incoming(more, last_steps[count + 1])
        if count > 0:
            more = add_step(so_far, builder.sub(width, integer(count * LANES)))
            builder.branch(last_steps[count - 1])
    return so_far


@_compiled_as(at_least, _lanes, _LanesType, _LanesType)
def _emit_at_least(context, builder, sig, args):
    one, zero = ir.Constant(_VECTOR, [1.0] * LANES), ir.Constant(_VECTOR, [0.0] * LANES)
    return builder.select(builder.fcmp_ordered(">=", *args), one, zero)


@_compiled_as(total, types.float32, _LanesType)
def _emit_total(context, builder, sig, args):
    lanes, width = args[0], LANES
    while width > 1:
        width //= 2
        low, high = (
            ir.Constant(ir.VectorType(_INT32, width), list(range(start, start + width))) for start in (0, width)
        )
        lanes = builder.fadd(builder.shuffle_vector(lanes, lanes, low), builder.shuffle_vector(lanes, lanes, high))
    return builder.extract_element(lanes, ir.Constant(_INT32, 0))


def _register_arithmetic(operation, instruction):
    @_compiled_as(operation, _lanes, _LanesType, _LanesType)
    def emit(context, builder, sig, args):
        return getattr(builder, instruction)(*args)


for _operation, _instruction in (
    (operator.add, "fadd"),
    (operator.iadd, "fadd"),
    (operator.sub, "fsub"),
    (operator.isub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _register_arithmetic(_operation, _instruction)
