import { describe, expect, it } from 'vitest'
import type { Connection, ConnectionType } from '~/api/types'
import { initialValues, keptOf, schemaFor, valuesOf } from './draft'

const http = {
  id: 'http',
  schema: {
    properties: {
      base_url: { type: 'string' },
      auth: { enum: ['bearer', 'basic'] },
      token: { type: 'string', 'x-when': { auth: ['bearer'] } },
      username: { type: 'string', 'x-when': { auth: ['basic'] } },
    },
    required: ['base_url'],
  },
} as unknown as ConnectionType
const stored = { type: 'http', fields: ['base_url', 'token'] } as unknown as Connection

describe('the draft of a connection', () => {
  it('begins with the way to log in that is stored', () => {
    expect(initialValues(http, null)).toEqual({ auth: 'bearer' })
    expect(initialValues(http, { ...stored, fields: ['username'] })).toEqual({ auth: 'basic' })
    expect(initialValues(undefined, null)).toEqual({})
  })

  it('keeps what is stored, unless it is given anew or not shown', () => {
    expect(keptOf(http, stored.fields, { auth: 'bearer' })).toEqual(['base_url', 'token'])
    expect(keptOf(http, stored.fields, { auth: 'bearer', token: 'new' })).toEqual(['base_url'])
    expect(keptOf(http, stored.fields, { auth: 'basic' })).toEqual(['base_url'])
  })

  it('sends no value of a field that is not shown', () => {
    expect(valuesOf(http, { auth: 'basic', token: 'old', username: 'ann' })).toEqual({
      auth: 'basic',
      username: 'ann',
    })
  })

  it('does not ask for a stored field again', () => {
    const schema = schemaFor(http, ['base_url'], 'stored')
    expect(schema.required).toEqual([])
    expect(schema.properties).toMatchObject({ base_url: { 'x-placeholder': 'stored' } })
  })
})
