import { describe, expect, it } from 'vitest'
import { loginMissing, onLoginMissing, safePath } from './session'

describe('safePath', () => {
  it('keeps a page of ours', () => {
    expect(safePath('/runs/1?node=a')).toBe('/runs/1?node=a')
  })

  it.each([undefined, '', 'https://evil.test', '//evil.test', '/\\evil.test', '/login?next=/login'])(
    'goes home instead of %s',
    (path) => {
      expect(safePath(path)).toBe('/')
    },
  )
})

describe('loginMissing', () => {
  it('tells everybody who still listens', () => {
    const heard: string[] = []
    const stop = onLoginMissing(() => heard.push('a'))
    onLoginMissing(() => heard.push('b'))
    loginMissing()
    stop()
    loginMissing()
    expect(heard).toEqual(['a', 'b', 'b'])
  })
})
