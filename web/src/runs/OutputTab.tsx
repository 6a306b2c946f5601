import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { words } from '~/i18n'
import { DataPreview } from './DataPreview'
import { type NodeRunView, PENDING } from './fold'
import classes from './NodeRunPanel.module.css'

interface OutputTabProps {
  execution: string
  node: string
  view: NodeRunView | undefined
}

/** The value of each outlet of a node that is done; before, why there is none. */
export function OutputTab({ execution, node, view = PENDING }: OutputTabProps) {
  const outlets = Object.keys(view.outputs)
  const [chosen, setChosen] = useState<string | null>(null)
  const outlet = chosen && outlets.includes(chosen) ? chosen : outlets[0]
  if (!outlet) return <p className={classes.quiet}>{words.runs.noOutputYet[view.status]}</p>
  return (
    <>
      {outlets.length > 1 ? (
        <SegmentedControl aria-label={words.runs.outlet} value={outlet} onChange={setChosen} data={outlets} />
      ) : null}
      <div className={classes.data}>
        <DataPreview execution={execution} node={node} outlet={outlet} />
      </div>
    </>
  )
}
