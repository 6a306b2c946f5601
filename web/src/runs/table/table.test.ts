import { describe, expect, it } from 'vitest'
import {
  type Condition,
  choicesOf,
  conditionText,
  familyOf,
  isAbout,
  operatorsOf,
  withCondition,
} from './conditions'
import { conditionWords } from './conditionWords'
import { type GridSize, moved, rangeOf, type Selection } from './selection'
import { tsv } from './tsv'

const size: GridSize = { rows: 1000, columns: 4, page: 20 }
const at = (row: number, column: number): Selection => ({ at: { row, column }, from: { row, column } })
const press = (selection: Selection | null, key: string, { shiftKey = false, mod = false } = {}) =>
  moved(selection, { key, shiftKey, mod }, size)

describe('the cell cursor', () => {
  it('shows where it is at the first key', () => {
    expect(press(null, 'ArrowDown')).toEqual(at(0, 0))
    expect(press(null, 'x')).toBeNull()
  })

  it.each([
    ['ArrowDown', {}, at(6, 2)],
    ['ArrowLeft', {}, at(5, 1)],
    ['PageDown', {}, at(25, 2)],
    ['PageUp', {}, at(0, 2)],
    ['Home', {}, at(5, 0)],
    ['End', {}, at(5, 3)],
    ['Home', { mod: true }, at(0, 0)],
    ['End', { mod: true }, at(999, 3)],
    ['ArrowDown', { mod: true }, at(999, 2)],
  ])('goes by %s %o', (key, held, to) => expect(press(at(5, 2), key, held)).toEqual(to))

  it('stays within the table', () => {
    expect(press(at(999, 3), 'ArrowDown')).toEqual(at(999, 3))
    expect(moved(null, { key: 'ArrowDown', shiftKey: false, mod: false }, { ...size, rows: 0 })).toBeNull()
  })

  it('draws a range with Shift, whatever the direction', () => {
    const up = press(press(at(5, 2), 'ArrowUp', { shiftKey: true }), 'ArrowLeft', { shiftKey: true })
    expect(up && rangeOf(up)).toEqual({ top: 4, bottom: 5, left: 1, right: 2 })
    expect(press(up, 'ArrowRight')).toEqual(at(4, 2))
  })
})

describe('cells as text', () => {
  it('quotes what would break the table', () => {
    expect(
      tsv([
        ['a', 1, null],
        ['two\nlines', 'say "no"', { n: [1] }],
      ]),
    ).toBe('a\t1\t\n"two\nlines"\t"say ""no"""\t"{""n"":[1]}"')
  })
})

describe('conditions', () => {
  const people: Condition = { column: 'people', op: 'ge', value: '10' }
  const city: Condition = { column: 'city', op: 'in', value: '["Oslo","Rome"]' }

  it('are written as the server reads them', () => {
    expect(conditionText(people)).toBe('people:ge:10')
    expect(conditionText({ column: 'a:b', op: 'null', value: 'x' })).toBe('a:b:null')
    expect(isAbout(['people:ge:10'], 'people')).toBe(true)
    expect(isAbout(['people:ge:10'], 'peo')).toBe(false)
  })

  it('are said in words', () => {
    const columns = [
      { name: 'people', type: 'int64' },
      { name: 'city', type: 'string' },
      { name: 'day', type: 'date' },
    ]
    expect(conditionWords(people, columns)).toBe('people at least 10')
    expect(conditionWords(city, columns)).toBe('city is one of Oslo, Rome')
    expect(conditionWords({ column: 'day', op: 'lt', value: '2024-03-01' }, columns)).toBe(
      'day before 2024-03-01',
    )
    expect(conditionWords({ column: 'day', op: 'null', value: '' }, columns)).toBe('day is missing')
  })

  it('replace the one that is changed, and are not repeated', () => {
    const more = { ...people, value: '20' }
    expect(withCondition([people, city], more, people)).toEqual([more, city])
    expect(withCondition([people, city], { ...city })).toEqual([people, city])
    expect(withCondition([people], city)).toEqual([people, city])
  })

  it.each([
    ['string', 'text', 'contains'],
    ['datetime[us, UTC]', 'time', 'ge'],
    ['decimal[38,18]', 'number', 'ge'],
    ['bool', 'bool', 'eq'],
    ['duration[us]', 'duration', 'ge'],
    ['list[string]', 'other', 'null'],
  ])('of %s are those of its family', (type, family, first) => {
    expect(familyOf(type)).toBe(family)
    expect(operatorsOf(type)[0]).toBe(first)
  })

  it('read what is no list as nothing', () => expect(choicesOf('[')).toEqual([]))
})
