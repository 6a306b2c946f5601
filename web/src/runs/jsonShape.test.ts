import { expect, it } from 'vitest'
import { finder, shapeOf } from './jsonShape'

it('takes the items of a list together', () => {
  const lines = shapeOf({ orders: [{ id: 1, note: 'x' }, { id: null }, { id: 2, tags: ['a'] }] })
  expect(lines.map(({ name, type, depth, optional }) => [name, type, depth, optional])).toEqual([
    ['orders', 'list of object', 0, false],
    ['id', 'number or null', 1, false],
    ['note', 'text', 1, true],
    ['tags', 'list of text', 1, true],
  ])
})

it('finds words in keys and values, however deep', () => {
  const value = { town: { name: 'Lima' }, rest: [{ code: 7 }] }
  const fits = finder('lim')
  expect(fits('town', value.town)).toBe(true)
  expect(fits('rest', value.rest)).toBe(false)
  expect(finder('CODE')('rest', value.rest)).toBe(true)
  expect(finder('0')(null, value.rest)).toBe(false)
  expect(finder(' ')('rest', 1)).toBe(true)
})
