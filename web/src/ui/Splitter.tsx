import { type KeyboardEvent, type PointerEvent, useRef } from 'react'
import classes from './Splitter.module.css'

interface SplitterProps {
  label: string
  /** `vertical` = a vertical line that changes a width. */
  orientation: 'vertical' | 'horizontal'
  /** Size (px) of the part after the line. */
  size: number
  min: number
  max: number
  onChange: (size: number) => void
}

const STEP = 24

/** A line between two parts that can be dragged, or moved with the arrow keys. */
export function Splitter({ label, orientation, size, min, max, onChange }: SplitterProps) {
  const from = useRef<{ at: number; size: number } | null>(null)
  const place = (event: PointerEvent) => (orientation === 'vertical' ? event.clientX : event.clientY)
  const set = (next: number) => onChange(Math.round(Math.min(max, Math.max(min, next))))
  const keys = (event: KeyboardEvent) => {
    const grow = orientation === 'vertical' ? 'ArrowLeft' : 'ArrowUp'
    const shrink = orientation === 'vertical' ? 'ArrowRight' : 'ArrowDown'
    if (event.key !== grow && event.key !== shrink) return
    event.preventDefault()
    set(size + (event.key === grow ? STEP : -STEP))
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that can be moved is a widget; <hr> is not.
    <div
      className={classes.splitter}
      data-orientation={orientation}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={orientation}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      onKeyDown={keys}
      onPointerDown={(event) => {
        from.current = { at: place(event), size }
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={(event) => {
        if (from.current) set(from.current.size + from.current.at - place(event))
      }}
      onPointerUp={() => {
        from.current = null
      }}
    />
  )
}
