import { expect, it } from 'vitest'
import { unplaced } from './errors'
import { isExpression, toExpression, toFixed } from './expression'

it.each([[5], [true], ['plain'], ["it's"], [['a', 1]], [{ a: 1 }]])(
  'turns %j into an expression and back',
  (value) => {
    const expression = toExpression(value)
    expect(isExpression(expression)).toBe(true)
    expect(toFixed(expression)).toEqual(value)
  },
)

it('does not guess what only a run can tell', () => {
  expect(toFixed('{{ inputs.month }}')).toBeUndefined()
  expect(toFixed('out-{{ execution.id }}')).toBeUndefined()
  expect(toFixed('{{  }}')).toBeUndefined()
  expect(toExpression('out-{{ execution.id }}')).toBe('out-{{ execution.id }}')
})

it('keeps problems of unknown keys for the form', () => {
  const at = (pointer: string) => ({ code: 'x', pointer, severity: 'error' as const, message: pointer })
  const problems = [at('/c'), at('/c/path'), at('/c/odd'), at('/c/path/0'), at('/d')]
  expect(unplaced(problems, '/c', ['/c/path']).map((problem) => problem.pointer)).toEqual(['/c', '/c/odd'])
})
