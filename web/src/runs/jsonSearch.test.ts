import { describe, expect, it } from 'vitest'
import { MOST_MATCHES, pathKey, pathText, searchJson } from './jsonSearch'

describe('a search in JSON', () => {
  const value = {
    orders: [
      { id: 1, city: 'Oslo' },
      { id: 2, city: 'Rome' },
    ],
    city: null,
  }

  it('finds names and plain values in upper or lower case', () => {
    const found = searchJson(value, ' ROME ')
    expect(found?.count).toBe(1)
    expect([...(found?.hits ?? [])]).toEqual([pathKey(['orders', 1, 'city'])])
    expect(found?.trail.has(pathKey(['orders', 1]))).toBe(true)
    expect(found?.trail.has(pathKey(['orders', 0]))).toBe(false)
    expect(searchJson(value, 'city')?.count).toBe(3)
    expect(searchJson(value, 'null')?.count).toBe(1)
    expect(searchJson(value, '')).toBeNull()
  })

  it('ends where there is too much, and is not stopped by depth', () => {
    expect(searchJson(new Array(5000).fill('x'), 'x')).toMatchObject({ count: MOST_MATCHES, more: true })
    let deep: unknown = 'needle'
    for (let level = 0; level < 2000; level += 1) deep = [deep]
    expect(searchJson(deep, 'needle')?.count).toBe(1)
  })

  it('writes paths as expressions do', () => {
    expect(pathText(['items', 3, 'name'])).toBe('items[3].name')
    expect(pathText(['two words', 'x'])).toBe('["two words"].x')
  })
})
