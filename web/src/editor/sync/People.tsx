import { Avatar, Tooltip, UnstyledButton } from '@mantine/core'
import type { Person } from '~/api/types'
import { words } from '~/i18n'
import { initials, personTone } from '~/ui/people'
import { selectItems } from '../actions/select'
import { useEditorHandle } from '../store'
import classes from './sync.module.css'

const t = words.drafts
const SHOWN = 4

/** Who else has the workflow open, and at which node; a click goes there. */
export function People({ people }: { people: readonly Person[] }) {
  const { store, dispatch, services } = useEditorHandle()
  if (people.length === 0) return null
  return (
    <Avatar.Group spacing={6} aria-label={t.people}>
      {people.slice(0, SHOWN).map((one) => {
        const { node } = one
        const where =
          node === null ? t.person(one.name) : t.personAt(one.name, [...one.path, node].join(' / '))
        const go = () => {
          if (node === null || !(node in store.getState().document.nodes)) return
          dispatch(selectItems, { nodes: [node], edges: [] })
          services.current?.show(node)
        }
        return (
          <Tooltip key={one.client} label={where}>
            <UnstyledButton onClick={go} aria-label={where}>
              <span className={classes.person} style={personTone(one.client)}>
                {initials(one.name)}
              </span>
            </UnstyledButton>
          </Tooltip>
        )
      })}
      {people.length > SHOWN ? <Avatar size={24}>{t.morePeople(people.length - SHOWN)}</Avatar> : null}
    </Avatar.Group>
  )
}
