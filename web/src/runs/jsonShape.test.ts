import { expect, it } from 'vitest'
import { shapeOf } from './jsonShape'

it('takes the items of a list together', () => {
  const lines = shapeOf({ orders: [{ id: 1, note: 'x' }, { id: null }, { id: 2, tags: ['a'] }] })
  expect(lines.map(({ name, type, depth, optional }) => [name, type, depth, optional])).toEqual([
    ['orders', 'list of object', 0, false],
    ['id', 'number or null', 1, false],
    ['note', 'text', 1, true],
    ['tags', 'list of text', 1, true],
  ])
})
