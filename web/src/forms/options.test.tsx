import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import { beforeAll, expect, it, vi } from 'vitest'
import type { JsonObject } from '~/model/json'
import { type Asking, NO_SUGGESTIONS } from './context'
import { SchemaForm } from './SchemaForm'

beforeAll(() => {
  window.matchMedia ??= vi
    .fn()
    .mockReturnValue({ matches: false, addEventListener() {}, removeEventListener() {} })
  window.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  }
  Element.prototype.scrollIntoView ??= () => {}
})

const schema: JsonObject = {
  type: 'object',
  properties: {
    connection: { type: 'string', title: 'Connection name' },
    table: { type: 'string', title: 'Table', 'x-options': { function: 'tables', needs: ['connection'] } },
    column: { type: 'string', title: 'Column', 'x-options': 'columns' },
  },
}

function show(ask: Asking['ask'], config: JsonObject) {
  const seen = { value: config }
  function Form() {
    const [value, setValue] = useState(config)
    return (
      <SchemaForm
        schema={schema}
        value={value}
        suggestions={{ ...NO_SUGGESTIONS, columns: ['origin', 'dest'] }}
        asking={{ type: 'db.read@1', config: value, ask }}
        onChange={(next) => {
          seen.value = next
          setValue(next)
        }}
      />
    )
  }
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider>
        <Form />
      </MantineProvider>
    </QueryClientProvider>,
  )
  return seen
}

it('asks with the fields that the function needs when the list opens, and searches', async () => {
  const ask = vi.fn<Asking['ask']>(async (_name, _config, search) => ({
    items: [{ value: `${search}flights`, label: `${search}flights (table)` }],
    more: true,
  }))
  const seen = show(ask, { connection: 'shop', column: 'dest' })
  expect(ask).not.toHaveBeenCalled()
  fireEvent.focus(screen.getByLabelText('Table'))
  fireEvent.click(screen.getByLabelText('Table'))
  const option = await screen.findByText('flights (table)')
  expect(ask.mock.calls[0]?.slice(0, 3)).toEqual(['tables', { connection: 'shop' }, ''])
  expect(screen.getByText('There are more: type to search.')).toBeDefined()
  fireEvent.click(option)
  expect(seen.value.table).toBe('flights')
  fireEvent.change(screen.getByLabelText('Table'), { target: { value: 'new_' } })
  await waitFor(() => expect(ask.mock.calls.at(-1)?.[2]).toBe('new_'))
  expect(seen.value.table).toBe('new_')
})

it('says at the field why there are no options', async () => {
  show(() => Promise.reject(new Error('set Connection first')), {})
  fireEvent.focus(screen.getByLabelText('Table'))
  fireEvent.click(screen.getByLabelText('Table'))
  expect(await screen.findByText('set Connection first')).toBeDefined()
})

it('offers the columns that arrive, and any other text may be typed', async () => {
  const seen = show(vi.fn(), {})
  const column = screen.getByLabelText('Column')
  fireEvent.focus(column)
  fireEvent.click(column)
  expect(await screen.findByText('origin')).toBeDefined()
  fireEvent.change(column, { target: { value: 'other' } })
  expect(seen.value.column).toBe('other')
})
