import { type ReactNode, useState } from 'react'
import { words } from '~/i18n'
import { Splitter } from '~/ui/Splitter'
import classes from './Inspector.module.css'

const t = words.editor.inspector
const LEAST = 200

interface PanesProps {
  /** Of all three, in pixels. */
  width: number
  input: ReactNode
  config: ReactNode
  output: ReactNode
}

/** What comes in, what is done with it, what goes out: side by side, each as wide as one likes. */
export function Panes({ width, input, config, output }: PanesProps) {
  const [parts, setParts] = useState({ input: 0.3, output: 0.3 })
  const most = width - 2 * LEAST - 2
  const left = Math.round(Math.max(LEAST, Math.min(most, parts.input * width)))
  const right = Math.round(Math.max(LEAST, Math.min(width - left - LEAST - 2, parts.output * width)))
  return (
    <div className={classes.panes}>
      <section className={classes.pane} style={{ width: left }} aria-label={t.input}>
        <h3>{t.input}</h3>
        <div className={classes.data}>{input}</div>
      </section>
      <Splitter
        label={t.resizeInput}
        orientation="vertical"
        size={width - left}
        min={right + LEAST}
        max={width - LEAST}
        onChange={(size) => setParts({ ...parts, input: (width - size) / width })}
      />
      <section className={classes.pane} style={{ flex: 1 }} aria-label={t.config}>
        {config}
      </section>
      <Splitter
        label={t.resizeOutput}
        orientation="vertical"
        size={right}
        min={LEAST}
        max={width - left - LEAST}
        onChange={(size) => setParts({ ...parts, output: size / width })}
      />
      <section className={classes.pane} style={{ width: right }} aria-label={t.output}>
        <h3>{t.output}</h3>
        <div className={classes.data}>{output}</div>
      </section>
    </div>
  )
}
