import { type Icon, IconArrowsMove, IconMinus, IconPencil, IconPlus, IconStack2 } from '@tabler/icons-react'
import { words } from '~/i18n'
import { initials, personTone } from '~/ui/people'
import { type ShownChange, useChange, useVisitors } from './marks'
import classes from './NodeOverlays.module.css'

const ICONS: Readonly<Record<ShownChange['kind'], Icon>> = {
  added: IconPlus,
  removed: IconMinus,
  changed: IconPencil,
  moved: IconArrowsMove,
  inside: IconStack2,
}
const SHOWN = 3

/** Over a card: how the node differs from another version, and who else has chosen it. */
export function NodeOverlays({ id }: { id: string }) {
  return (
    <>
      <Change id={id} />
      <Visitors id={id} />
    </>
  )
}

function Change({ id }: { id: string }) {
  const change = useChange(id)
  if (!change) return null
  const Mark = ICONS[change.kind]
  const word = words.versions.mark[change.kind]
  return (
    <>
      <span className={classes.cover} data-change={change.kind} />
      <span
        className={classes.chip}
        data-change={change.kind}
        data-testid="node-change"
        title={change.told.join('\n') || undefined}
      >
        <Mark size={11} stroke={2.2} aria-hidden />
        {word}
      </span>
    </>
  )
}

function Visitors({ id }: { id: string }) {
  const visitors = useVisitors(id)
  const [first] = visitors ?? []
  if (!visitors || !first) return null
  const names = words.versions.editing(visitors.map(({ name }) => name))
  return (
    <>
      <span className={classes.ring} style={personTone(first.client)} />
      <span
        className={classes.visitors}
        title={names}
        role="img"
        aria-label={names}
        data-testid="node-visitors"
      >
        {visitors.slice(0, SHOWN).map(({ client, name }) => (
          <span key={client} className={classes.visitor} style={personTone(client)}>
            {initials(name)}
          </span>
        ))}
      </span>
    </>
  )
}
