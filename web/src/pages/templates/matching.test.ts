import { expect, test } from 'vitest'
import type { Template } from '~/api/types'
import { categoriesOf, matching } from './matching'
import { parseTemplatesSearch } from './search'

const template = (name: string, categories: string[], more: Partial<Template> = {}): Template => ({
  name,
  title: name,
  description: '',
  categories,
  shows: [],
  triggers: [],
  files: [],
  nodes: [],
  edges: [],
  ...more,
})

const all = [
  template('clean', ['tables', 'files'], { shows: ['Drop double rows'] }),
  template('ask', ['people'], { nodes: [{ id: 'a', title: 'Ask', type: 'flow.approve' }] }),
  template('check', ['quality', 'tables'], { description: 'Expectations of a table' }),
]
const names = (found: Template[]) => found.map((item) => item.name)

test('every word has to be somewhere, in any order and case', () => {
  expect(names(matching(all, 'ROWS double'))).toEqual(['clean'])
  expect(names(matching(all, 'flow.approve'))).toEqual(['ask'])
  expect(names(matching(all, 'data quality'))).toEqual(['check'])
  expect(names(matching(all, 'rows approve'))).toEqual([])
  expect(names(matching(all, '  '))).toEqual(['clean', 'ask', 'check'])
})

test('a category narrows what was found', () => {
  expect(names(matching(all, '', 'tables'))).toEqual(['clean', 'check'])
  expect(names(matching(all, 'expectations', 'people'))).toEqual([])
})

test('categories come once, in the order of the gallery', () => {
  expect(categoriesOf(all)).toEqual(['tables', 'files', 'people', 'quality'])
})

test('a hand-edited address breaks nothing', () => {
  expect(parseTemplatesSearch({ q: 7, category: ['a'], show: '' })).toEqual({
    q: '7',
    category: undefined,
    show: undefined,
  })
})
