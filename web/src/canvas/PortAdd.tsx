import { IconPlus } from '@tabler/icons-react'
import { words } from '~/i18n'
import { useScene } from './context'
import { NEW_PORT, NODE_WIDTH, type Ports, type PortView } from './geometry'
import classes from './WorkflowNode.module.css'

const APART = NODE_WIDTH + 80

/** Beside every port without a wire: a list of what fits there. Keys have actions of their own for it. */
export function PortAdds({ node, ports }: { node: string; ports: Ports }) {
  const scene = useScene()
  const add = (side: 'in' | 'out', port: PortView) => {
    const [x, y] = scene.getPlace(node) ?? [0, 0]
    scene
      .getEditing()
      ?.onQuickAdd(
        side === 'out'
          ? { at: [x + APART, y], from: { node, outlet: port.name } }
          : { at: [x - APART, y], to: { node, port: port.name } },
      )
  }
  return (
    <>
      {ports.inputs
        .filter((port) => !port.wired)
        .map((port) => (
          <Plus
            key={port.name}
            side="in"
            port={port}
            label={words.canvas.port.before(
              port.name === NEW_PORT ? words.editor.wire.newPort.toLowerCase() : port.name,
            )}
            onClick={() => add('in', port)}
          />
        ))}
      {ports.outputs
        .filter((port) => !port.wired)
        .map((port) => (
          <Plus
            key={port.name}
            side="out"
            port={port}
            label={words.canvas.port.after(port.name)}
            onClick={() => add('out', port)}
          />
        ))}
    </>
  )
}

interface PlusProps {
  side: 'in' | 'out'
  port: PortView
  label: string
  onClick(): void
}

function Plus({ side, port, label, onClick }: PlusProps) {
  return (
    <button
      type="button"
      className={`${classes.portAdd} nodrag nopan`}
      data-side={side}
      style={{ top: port.at }}
      aria-label={label}
      title={label}
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation()
        onClick()
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <IconPlus size={11} stroke={2.4} aria-hidden />
    </button>
  )
}
