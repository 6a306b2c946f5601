import { ActionIcon, Tooltip } from '@mantine/core'
import { IconArrowsMaximize, IconMinus, IconPlus } from '@tabler/icons-react'
import { useStore } from '@xyflow/react'
import type { RefObject } from 'react'
import { words } from '~/i18n'
import classes from './Canvas.module.css'
import type { CanvasHandle } from './viewport'

/** Zoom and fit, lower left. */
export function Controls({ handle }: { handle: RefObject<CanvasHandle | null> }) {
  const percent = useStore((state) => Math.round(state.transform[2] * 100))
  const buttons = [
    { label: words.editor.actions.zoomOut, icon: IconMinus, act: () => handle.current?.zoom(0.8) },
    { label: words.editor.actions.zoomIn, icon: IconPlus, act: () => handle.current?.zoom(1.25) },
    { label: words.editor.actions.fit, icon: IconArrowsMaximize, act: () => handle.current?.fit() },
  ]
  return (
    <div className={classes.controls}>
      {buttons.map(({ label, icon: Icon, act }) => (
        <Tooltip key={label} label={label}>
          <ActionIcon aria-label={label} size={28} onClick={act}>
            <Icon size={15} stroke={1.8} />
          </ActionIcon>
        </Tooltip>
      ))}
      <span className={classes.percent}>{percent} %</span>
    </div>
  )
}
