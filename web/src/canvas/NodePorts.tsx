import { Handle, Position } from '@xyflow/react'
import { words } from '~/i18n'
import { describeType } from '~/model/ports'
import { useScene } from './context'
import { ERROR_AT, NEW_PORT, NODE_WIDTH, type PortView, UNDO_HANDLE } from './geometry'
import { PortAdds } from './PortAdd'
import type { NodeData } from './toFlow'
import type { Fit } from './useFit'
import classes from './WorkflowNode.module.css'
import type { WireEnd } from './wiring'

function PortHandle({ port, side, fit }: { port: PortView; side: 'target' | 'source'; fit: Fit }) {
  const { readOnly } = useScene()
  const name = port.name === NEW_PORT ? words.editor.wire.newPort : port.name
  return (
    <Handle
      id={port.name}
      type={side}
      position={side === 'target' ? Position.Left : Position.Right}
      className={classes.handle}
      style={{ top: port.at }}
      isConnectable={!readOnly}
      data-quiet={port.quiet || undefined}
      data-fit={fit}
      data-add={port.name === NEW_PORT || undefined}
      title={`${name}: ${describeType(port.type)}${port.required ? words.editor.wire.required : ''}`}
    />
  )
}

function PortNames({ ports, side }: { ports: readonly PortView[]; side: 'target' | 'source' }) {
  const { readOnly } = useScene()
  return ports.map((port) => (
    <span
      key={port.name}
      className={classes.portName}
      data-side={side}
      data-many={ports.length > 1 || undefined}
      data-free={(!readOnly && !port.wired) || undefined}
      style={{ top: port.at }}
    >
      {port.name}
    </span>
  ))
}

/** Where the wire to what undoes the node begins, or ends: seen by React Flow only. */
function UndoEnd({ type }: { type: 'source' | 'target' }) {
  return (
    <Handle
      id={UNDO_HANDLE}
      type={type}
      position={type === 'source' ? Position.Bottom : Position.Top}
      className={classes.undoEnd}
      isConnectable={false}
    />
  )
}

interface NodePortsProps {
  id: string
  data: NodeData
  from: WireEnd | null
  fit: Fit
  /** The pointer is over it, or it is chosen. */
  near: boolean
  /** Of the card or frame, px. */
  width?: number
}

/** All places where wires begin and end at a card, or at the frame of an open container. */
export function NodePorts({ id, data, from, fit, near, width = NODE_WIDTH }: NodePortsProps) {
  const scene = useScene()
  const { ports } = data
  return (
    <>
      {data.undone ? <UndoEnd type="source" /> : null}
      {data.undoes === null ? null : <UndoEnd type="target" />}
      {ports.inputs.map((port) => (
        <PortHandle key={port.name} port={port} side="target" fit={from?.type === 'source' ? fit : 'none'} />
      ))}
      {ports.outputs.map((port) => (
        <PortHandle key={port.name} port={port} side="source" fit={from?.type === 'target' ? fit : 'none'} />
      ))}
      <PortNames ports={ports.inputs.filter((port) => port.name !== NEW_PORT)} side="target" />
      <PortNames ports={ports.outputs} side="source" />
      <Handle
        id="error"
        type="source"
        position={Position.Bottom}
        className={classes.errorHandle}
        style={{ left: ERROR_AT + width - NODE_WIDTH }}
        isConnectable={!scene.readOnly}
        data-wired={data.errorWired || undefined}
        title={words.editor.wire.error}
      />
      {near && !scene.readOnly && from === null ? <PortAdds node={id} ports={ports} /> : null}
    </>
  )
}
