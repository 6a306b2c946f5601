import { IconChevronRight } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { words } from '~/i18n'
import { openBody } from '~/model/bodies'
import { nodeTitle, type WorkflowDocument } from '~/model/workflow'
import { formatPlace, type ItemPlace } from '~/runs/itemPlace'
import { ItemPager } from './ItemPager'
import classes from './ItemTrail.module.css'

const t = words.runs.items

interface ItemTrailProps {
  run: string
  document: WorkflowDocument
  place: ItemPlace
  total: number
  onPlace: (place: ItemPlace) => void
}

/** Which item of which loop the graph shows, the way back, and to its neighbours. */
export function ItemTrail({ run, document, place, total, onPlace }: ItemTrailProps) {
  const last = place.at(-1)
  if (!last) return null
  const outer = place.slice(0, -1)
  const go = (index: number) => onPlace([...outer, { ...last, index }])
  const names = place.map(({ node }) => node)
  return (
    <nav className={classes.trail} aria-label={words.bodies.where}>
      <Link to="/runs/$id" params={{ id: run }} search={{ node: place[0]?.node }}>
        {document.title || document.name}
      </Link>
      {place.map(({ node, index }, depth) => {
        const title = nodeTitle(node, openBody(document, names.slice(0, depth)).nodes[node])
        const here = depth === place.length - 1
        return (
          <span key={names.slice(0, depth + 1).join('.')}>
            <IconChevronRight size={14} stroke={1.8} aria-hidden />
            {here ? (
              <strong>{title}</strong>
            ) : (
              <Link
                to="/runs/$id"
                params={{ id: run }}
                search={{ in: formatPlace(place.slice(0, depth + 1)), node: place[depth + 1]?.node }}
              >
                {t.named(title, index)}
              </Link>
            )}
          </span>
        )
      })}
      <ItemPager index={last.index} total={total} onIndex={go} />
    </nav>
  )
}
