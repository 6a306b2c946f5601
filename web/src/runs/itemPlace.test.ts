import { expect, it } from 'vitest'
import { addressOf, formatPlace, parsePlace } from './itemPlace'

it('reads and writes the place in the address, and stops at what it cannot read', () => {
  const place = parsePlace('each.3/inner.0')
  expect(place).toEqual([
    { node: 'each', index: 3 },
    { node: 'inner', index: 0 },
  ])
  expect(formatPlace(place)).toBe('each.3/inner.0')
  expect(parsePlace('each.3/inner/x.1')).toEqual([{ node: 'each', index: 3 }])
  expect(parsePlace(undefined)).toEqual([])
  expect(formatPlace([])).toBeUndefined()
})

it('names containers as the server does', () => {
  expect(addressOf([], 'each')).toEqual({ node: 'each', path: '' })
  expect(addressOf(parsePlace('rows.4/cells.1'), 'leaf')).toEqual({ node: 'rows.cells.leaf', path: '4.1' })
})
