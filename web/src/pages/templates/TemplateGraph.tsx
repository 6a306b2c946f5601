import { useMemo } from 'react'
import type { Template } from '~/api/types'
import { parseEdge } from '~/model/edges'
import { boundsOf, layoutGraph, NODE_HEIGHT, NODE_WIDTH } from '~/model/layout'
import type { NodeTypes } from '~/model/nodeType'
import { categoryToken } from '~/ui/tokens'
import classes from './templates.module.css'

const MARGIN = 24
/** Names can be read at this scale; a long graph then has to be scrolled. */
const READABLE = 0.62

interface TemplateGraphProps {
  template: Pick<Template, 'nodes' | 'edges'>
  types: NodeTypes
  /** Names in the nodes; without them it is a small picture. */
  titles?: boolean
}

/** The graph of a template, drawn once: nothing in it can be moved. */
export function TemplateGraph({ template, types, titles = false }: TemplateGraphProps) {
  const { nodes, edges } = template
  const places = useMemo(
    () =>
      layoutGraph(
        nodes.map((node) => node.id),
        edges,
      ),
    [nodes, edges],
  )
  const bounds = boundsOf(Object.values(places))
  if (!bounds) return null
  const box = `${bounds.x - MARGIN} ${bounds.y - MARGIN} ${bounds.width + 2 * MARGIN} ${bounds.height + 2 * MARGIN}`
  return (
    <svg
      className={titles ? classes.readable : classes.graph}
      {...(titles ? { width: (bounds.width + 2 * MARGIN) * READABLE } : {})}
      viewBox={box}
      preserveAspectRatio="xMidYMid meet"
      aria-hidden
    >
      {edges.map((text) => {
        const edge = parseEdge(text)
        if (!edge) return null
        const { source, target } = edge
        const [x1, y1] = places[source] ?? [0, 0]
        const [x2, y2] = places[target] ?? [0, 0]
        const from = x1 + NODE_WIDTH
        const bend = Math.max(40, (x2 - from) / 2)
        const d = `M${from} ${y1 + NODE_HEIGHT / 2} C${from + bend} ${y1 + NODE_HEIGHT / 2} ${x2 - bend} ${y2 + NODE_HEIGHT / 2} ${x2} ${y2 + NODE_HEIGHT / 2}`
        return <path key={text} d={d} className={classes.wire} />
      })}
      {nodes.map((node) => {
        const [x, y] = places[node.id] ?? [0, 0]
        const tone = categoryToken(types.get(node.type)?.category ?? '')
        const style = { '--tile-light': tone.light, '--tile-dark': tone.dark } as React.CSSProperties
        return (
          <g key={node.id} transform={`translate(${x} ${y})`} style={style}>
            <rect className={classes.node} width={NODE_WIDTH} height={NODE_HEIGHT} rx={12} />
            <rect className={classes.tile} x={14} y={16} width={32} height={32} rx={8} />
            {titles ? (
              <foreignObject x={56} y={0} width={NODE_WIDTH - 62} height={NODE_HEIGHT}>
                <div className={classes.title}>{node.title}</div>
              </foreignObject>
            ) : (
              <rect className={classes.line} x={60} y={28} width={110} height={8} rx={4} />
            )}
          </g>
        )
      })}
    </svg>
  )
}
