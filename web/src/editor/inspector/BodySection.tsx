import { Button } from '@mantine/core'
import { IconArrowBarToDown } from '@tabler/icons-react'
import { words } from '~/i18n'
import { bodyNodes } from '~/model/bodies'
import type { WorkflowNode } from '~/model/workflow'
import { enterBody } from '../actions/bodies'
import { useDispatch } from '../store'
import classes from './Inspector.module.css'

/** What a container has inside, and the way there. */
export function BodySection({ id, node }: { id: string; node: WorkflowNode }) {
  const dispatch = useDispatch()
  const count = Object.keys(bodyNodes(node.body)).length
  return (
    <div className={classes.inside}>
      <span className={classes.quiet}>{words.bodies.count(count)}</span>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconArrowBarToDown size={14} aria-hidden />}
        onClick={() => dispatch(enterBody, id)}
      >
        {words.bodies.open}
      </Button>
    </div>
  )
}
