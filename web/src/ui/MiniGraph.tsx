import { CategoryIcon } from './CategoryIcon'
import classes from './MiniGraph.module.css'

interface MiniGraphProps {
  nodes: readonly { title: string; category: string; icon: string }[]
}

/** A real small graph for empty states: what the thing looks like once it is there. */
export function MiniGraph({ nodes }: MiniGraphProps) {
  return (
    <div className={classes.graph} aria-hidden>
      {nodes.map((node, index) => (
        <div key={node.title} className={classes.step}>
          {index > 0 ? <span className={classes.wire} /> : null}
          <span className={classes.node}>
            <CategoryIcon category={node.category} icon={node.icon} size={26} />
            {node.title}
          </span>
        </div>
      ))}
    </div>
  )
}
