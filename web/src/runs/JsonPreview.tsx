import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import classes from './JsonPreview.module.css'
import { JsonTree } from './JsonTree'

const t = words.runs
type View = 'tree' | 'text'

/** A JSON value as a tree that folds, or as text. */
export function JsonPreview({ value }: { value: unknown }) {
  const nested = typeof value === 'object' && value !== null
  const [view, setView] = useState<View>('tree')
  const text = JSON.stringify(value, null, 2) ?? 'null'
  return (
    <div className={classes.frame}>
      <div className={classes.bar}>
        {nested ? (
          <SegmentedControl
            size="xs"
            aria-label={t.jsonView}
            value={view}
            onChange={(next) => setView(next === 'text' ? 'text' : 'tree')}
            data={[
              { value: 'tree', label: t.jsonTree },
              { value: 'text', label: t.jsonText },
            ]}
          />
        ) : null}
        <CopyButton text={text} />
      </div>
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.jsonView}>
        {nested && view === 'tree' ? <JsonTree value={value} /> : <pre className={classes.text}>{text}</pre>}
      </div>
    </div>
  )
}
