import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen } from '@testing-library/react'
import axe from 'axe-core'
import { useState } from 'react'
import { beforeAll, expect, it, vi } from 'vitest'
import type { JsonObject } from '~/model/json'
import type { Problem } from '~/model/workflow'
import { SchemaForm } from './SchemaForm'

beforeAll(() => {
  // The test DOM lays nothing out; Mantine only asks whether dark is preferred and how big a box is.
  window.matchMedia ??= vi
    .fn()
    .mockReturnValue({ matches: false, addEventListener() {}, removeEventListener() {} })
  window.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  }
})

const schema: JsonObject = {
  type: 'object',
  $defs: { Level: { enum: ['low', 'high'], type: 'string' } },
  properties: {
    path: { type: 'string', format: 'path', title: 'Path', description: 'The file, as in `a.csv`.' },
    rows: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }], title: 'Rows', default: 10 },
    header: { type: 'boolean', title: 'Has header', default: true },
    level: { $ref: '#/$defs/Level', title: 'Level' },
    by: { type: 'array', items: { type: 'string' }, title: 'By' },
    measures: { type: 'object', additionalProperties: { type: 'string' }, title: 'Measures' },
    nested: { type: 'object', title: 'Nested', properties: { inner: { type: 'string', title: 'Inner' } } },
    list: {
      type: 'array',
      title: 'List',
      items: { type: 'object', properties: { a: { type: 'number', title: 'A' } } },
    },
    either: { anyOf: [{ type: 'string' }, { type: 'integer' }], title: 'Either' },
    wait: { type: 'string', format: 'duration', title: 'Wait', 'x-expression': false },
  },
  required: ['path'],
}

interface Setup {
  value?: JsonObject
  problems?: Problem[]
  expressions?: boolean
}

function show({ value = {}, problems = [], expressions = true }: Setup = {}) {
  const seen = { value }
  function Form() {
    const [now, setNow] = useState(value)
    return (
      <SchemaForm
        schema={schema}
        value={now}
        problems={problems}
        pointerPrefix="/nodes/a/config"
        expressions={expressions}
        onChange={(next) => {
          seen.value = next
          setNow(next)
        }}
      />
    )
  }
  const { container } = render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider>
        <Form />
      </MantineProvider>
    </QueryClientProvider>,
  )
  return { seen, container }
}

const type = (label: string, text: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value: text } })

it('names every control', async () => {
  const value = { measures: { n: 'count()' }, list: [{ a: 1 }], nested: { inner: 'x' }, either: 3 }
  const { container } = show({ value })
  const found = await axe.run(container, {
    runOnly: ['label', 'aria-input-field-name', 'button-name', 'select-name'],
  })
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`)).toEqual([])
})

it('writes what is typed, and takes cleared fields out', () => {
  const { seen } = show()
  type('Path', 'flights.csv')
  expect(seen.value).toEqual({ path: 'flights.csv' })
  type('Rows', '5')
  expect(seen.value).toEqual({ path: 'flights.csv', rows: 5 })
  type('Path', '')
  expect(seen.value).toEqual({ rows: 5 })
})

it('shows defaults without writing them down', () => {
  const { seen } = show()
  expect(screen.getByLabelText('Rows').getAttribute('placeholder')).toBe('10')
  const header = screen.getByLabelText<HTMLInputElement>('Has header')
  expect(header.checked).toBe(true)
  fireEvent.click(header)
  expect(seen.value).toEqual({ header: false })
})

it('adds, renames and removes entries of a map, and refuses a name twice', () => {
  const { seen } = show({ value: { measures: { n: 'count()', m: 'mean(a)' } } })
  type('Name 2', 'n')
  expect(screen.getByText('This name is used already')).toBeDefined()
  expect(seen.value.measures).toEqual({ n: 'count()', m: 'mean(a)' })
  type('Name 2', 'mean')
  expect(seen.value.measures).toEqual({ n: 'count()', mean: 'mean(a)' })
  fireEvent.click(screen.getByLabelText('Remove item 1'))
  expect(seen.value.measures).toEqual({ mean: 'mean(a)' })
})

it('edits rows of objects and picks a variant by the value', () => {
  const { seen } = show({ value: { list: [{ a: 1 }], either: 3 } })
  type('A', '2')
  expect(seen.value.list).toEqual([{ a: 2 }])
  expect(screen.getByLabelText<HTMLInputElement>('Number', { selector: 'input[type="text"]' }).value).toBe(
    '3',
  )
})

it('switches a field to an expression and back', () => {
  const { seen } = show({ value: { rows: 5 } })
  const [, rows] = screen.getAllByLabelText('Computed')
  if (rows) fireEvent.click(rows)
  expect(seen.value.rows).toBe('{{ 5 }}')
  if (rows) fireEvent.click(rows)
  expect(seen.value.rows).toBe(5)
})

it('leaves the cursor where an expression is begun, and switches when the field is left', () => {
  const { seen } = show()
  const path = screen.getByLabelText<HTMLInputElement>('Path')
  path.focus()
  for (const text of ['{', '{{', '{{ inputs.path }}']) type('Path', text)
  expect(seen.value.path).toBe('{{ inputs.path }}')
  expect(path.isConnected).toBe(true)
  expect(document.activeElement).toBe(path)
  const [computed] = screen.getAllByLabelText('Computed')
  expect(computed?.getAttribute('aria-pressed')).toBe('false')
  fireEvent.blur(path)
  expect(computed?.getAttribute('aria-pressed')).toBe('true')
})

it('offers no expressions where a person gives plain values', () => {
  show({ expressions: false })
  expect(screen.queryByLabelText('Computed')).toBeNull()
})

it('puts a problem at its field, and one without a field at the top', () => {
  const problem = (pointer: string, message: string): Problem => ({
    code: 'x',
    pointer,
    severity: 'error',
    message,
  })
  const { container } = show({
    problems: [
      problem('/nodes/a/config/path', 'There is no such file'),
      problem('/nodes/a/config/by/1', 'No such column'),
      problem('/nodes/a/config/colour', 'Unknown key'),
      problem('/nodes/b/config/path', 'Of another node'),
    ],
  })
  const at = (pointer: string) => container.querySelector(`[data-pointer="${pointer}"]`)?.textContent
  expect(at('/nodes/a/config/path')).toContain('There is no such file')
  expect(at('/nodes/a/config/by')).toContain('No such column')
  expect(screen.getByText('Unknown key')).toBeDefined()
  expect(screen.queryByText('Of another node')).toBeNull()
})
