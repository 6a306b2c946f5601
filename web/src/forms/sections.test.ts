import { expect, it } from 'vitest'
import { fromLocal, toLocal } from './moments'
import type { Property } from './normalise'
import { sectionsOf } from './sections'

const property = (name: string, schema: Property['schema'] = {}, required = false): Property => ({
  name,
  schema,
  required,
})

it('puts fields into their sections, and never hides a required one', () => {
  const { plain, sections, advanced } = sectionsOf([
    property('a'),
    property('b', { 'x-section': 'Login' }),
    property('c', { 'x-advanced': true }),
    property('d', { 'x-section': 'Login' }),
    property('e', { 'x-advanced': true }, true),
  ])
  expect(plain.map(({ name }) => name)).toEqual(['a', 'e'])
  expect(sections.map(({ title, properties }) => [title, properties.length])).toEqual([['Login', 2]])
  expect(advanced.map(({ name }) => name)).toEqual(['c'])
})

it('shows a moment in local time and writes it with its offset', () => {
  const written = fromLocal('2026-03-01T08:30')
  expect(written).toMatch(/^2026-03-01T08:30:00[+-]\d\d:\d\d$/)
  expect(toLocal(written)).toBe('2026-03-01T08:30:00')
  expect(new Date(toLocal('2026-03-01T08:30:00Z') ?? '').getTime()).toBe(Date.UTC(2026, 2, 1, 8, 30))
  expect(toLocal('tomorrow')).toBeNull()
})
