import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { useState } from 'react'
import { beforeAll, expect, it, vi } from 'vitest'
import type { JsonObject } from '~/model/json'
import type { Trying } from './context'
import { targetsFor } from './dragging'
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
})

const schema: JsonObject = {
  type: 'object',
  properties: {
    count: { type: 'integer', title: 'Count' },
    headers: { type: 'object', title: 'Headers', additionalProperties: { type: 'string' } },
    pair: {
      type: 'array',
      title: 'Pair',
      prefixItems: [
        { type: 'number', title: 'From' },
        { type: 'number', title: 'To' },
      ],
    },
    steps: {
      type: 'array',
      title: 'Steps',
      minItems: 2,
      items: { type: 'object', properties: { a: { type: 'string', title: 'A' } } },
    },
    token: { type: 'string', format: 'password', title: 'Token' },
    rare: { type: 'string', title: 'Rare', 'x-advanced': true },
  },
}

function show(
  value: JsonObject = {},
  trying?: Trying,
  problems: Parameters<typeof SchemaForm>[0]['problems'] = [],
) {
  let latest = value
  const Held = () => {
    const [held, setHeld] = useState(value)
    latest = held
    return (
      <SchemaForm schema={schema} value={held} onChange={setHeld} trying={trying} problems={problems} json />
    )
  }
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <Held />
      </MantineProvider>
    </QueryClientProvider>,
  )
  return () => latest
}

it('begins an expression with "=" in an empty field, and not in one that holds something', async () => {
  const value = show()
  fireEvent.keyDown(screen.getByLabelText('Count'), { key: '=' })
  expect(value()).toEqual({ count: '{{  }}' })
})

it('leaves "=" alone where a value stands', () => {
  const value = show({ count: 3 })
  fireEvent.keyDown(screen.getByLabelText('Count'), { key: '=' })
  expect(value()).toEqual({ count: 3 })
})

it('computes a whole map', () => {
  const value = show()
  const headers = screen.getByRole('group', { name: 'Headers' })
  fireEvent.click(within(headers).getByRole('button', { name: 'Computed' }))
  expect(value()).toEqual({ headers: '{{  }}' })
})

it('shows what an expression gives, and quietly that there is no data', async () => {
  const evaluate = vi.fn<Trying['evaluate']>(async (text) =>
    text.includes('lost')
      ? {
          preview: '',
          kind: null,
          truncated: false,
          error: { code: 'evaluate.no_data', message: 'no data yet', at: 0 },
        }
      : { preview: '42', kind: 'number', truncated: false, error: null },
  )
  show({ count: '{{ input.x }}', rare: '{{ lost }}' }, { key: 'k', evaluate })
  expect(await screen.findByText('42')).toBeTruthy()
  const quiet = await screen.findByText('no data yet')
  expect(quiet.getAttribute('data-tone')).toBe('quiet')
})

it('takes a name that is put into it from elsewhere', async () => {
  const value = show()
  const target = targetsFor('path').find(({ label }) => label === 'Count')
  act(() => target?.insert({ kind: 'path', name: 'input.town' }))
  await waitFor(() => expect(value()).toEqual({ count: '{{ input.town }}' }))
})

it('has parts of a tuple, enough rows of a list, and moves them', () => {
  const value = show()
  fireEvent.change(screen.getByLabelText('To'), { target: { value: '7' } })
  expect(value().pair).toEqual([null, 7])
  fireEvent.click(within(screen.getByRole('group', { name: 'Steps' })).getByRole('button', { name: 'Add' }))
  expect(value().steps).toEqual([{}, {}])
  const [first] = screen.getAllByLabelText('A')
  if (first) fireEvent.change(first, { target: { value: 'one' } })
  fireEvent.click(screen.getByRole('button', { name: 'Move item 1 down' }))
  expect(value().steps).toEqual([{}, { a: 'one' }])
})

it('folds what is advanced until it is set or has a problem, and says where secrets belong', () => {
  show()
  expect(screen.queryByLabelText('Rare')).toBeNull()
  expect(screen.getByText(/Keep passwords and tokens in a connection/)).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Advanced' }))
  expect(screen.getByLabelText('Rare')).toBeTruthy()
})

it('opens what is advanced for a problem in it', () => {
  show({}, undefined, [{ code: 'x', pointer: '/rare', severity: 'error', message: 'not so' }])
  expect(screen.getByText('not so')).toBeTruthy()
})

it('can be edited as JSON and back', async () => {
  show({ count: 3 })
  fireEvent.click(screen.getByRole('button', { name: 'Edit as JSON' }))
  expect(screen.queryByLabelText('Count')).toBeNull()
  fireEvent.click(screen.getByRole('button', { name: 'Edit as a form' }))
  expect(screen.getByLabelText('Count')).toBeTruthy()
})
