/** The colours of notes and groups: their own, for those of status and type mean something. */

import type { CSSProperties } from 'react'
import type { Color } from '~/model/notes'

export const TONES: Readonly<Record<Color, string>> = {
  yellow: '#d9a514',
  blue: '#3f83e0',
  green: '#3aa56b',
  red: '#dc5b52',
  violet: '#8b68dc',
  grey: '#7c8696',
}

/** For the styles of a thing that is painted. */
export const toneStyle = (color: Color): CSSProperties => ({ '--tone': TONES[color] }) as CSSProperties
