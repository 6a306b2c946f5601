import { describe, expect, it } from 'vitest'
import { cssVariablesResolver, theme } from './theme'
import { CATEGORY, STATUS } from './tokens'

type Rgb = [number, number, number]
const rgb = (hex: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb
const mix = (a: string, b: string, part: number): Rgb => {
  const [left, right] = [rgb(a), rgb(b)]
  return left.map((value, index) => value * part + (right[index] ?? 0) * (1 - part)) as Rgb
}

function luminance(color: Rgb): number {
  const [r, g, b] = color.map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((left, right) => left - right) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

// The resolver reads nothing of the theme it is given.
const variables = cssVariablesResolver(theme as Parameters<typeof cssVariablesResolver>[0])
const TINT = { light: 0.1, dark: 0.16 }

describe.each(['light', 'dark'] as const)('%s', (side) => {
  const looks: Record<string, string> = variables[side]
  const look = (name: string): string => looks[name] ?? ''
  const surface = look('--cm-surface')

  it.each(Object.entries(STATUS))('status %s is readable on the surface and on its tint', (_, tone) => {
    expect(contrast(rgb(tone[side]), rgb(surface))).toBeGreaterThanOrEqual(4.5)
    expect(contrast(rgb(tone[side]), mix(tone[side], surface, TINT[side]))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(Object.entries(CATEGORY))('category %s is visible on the surface', (_, tone) => {
    expect(contrast(rgb(tone[side]), rgb(surface))).toBeGreaterThanOrEqual(3)
  })

  it.each(['--cm-text', '--cm-muted', '--cm-accent', '--mantine-color-error'])(
    '%s is readable on every ground',
    (name) => {
      for (const ground of ['--cm-ground', '--cm-surface', '--cm-raised', '--cm-sunken', '--cm-hover']) {
        expect(contrast(rgb(look(name)), rgb(look(ground))), ground).toBeGreaterThanOrEqual(4.5)
      }
    },
  )
})
