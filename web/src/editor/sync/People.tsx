import { Avatar, Tooltip, UnstyledButton } from '@mantine/core'
import { words } from '~/i18n'
import { selectItems } from '../actions/select'
import { useEditorHandle } from '../store'
import { useTogether } from './useTogether'

const t = words.drafts
const SHOWN = 4

/** Who else has the workflow open, and at which node; a click goes there. */
export function People() {
  const people = useTogether()
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
              <Avatar size={24} radius="xl" name={one.name} color="initials" />
            </UnstyledButton>
          </Tooltip>
        )
      })}
      {people.length > SHOWN ? <Avatar size={24}>{t.morePeople(people.length - SHOWN)}</Avatar> : null}
    </Avatar.Group>
  )
}
