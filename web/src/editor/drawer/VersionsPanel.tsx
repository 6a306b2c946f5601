import { ActionIcon, Badge, Button, Menu, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDots } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { usePublishVersion } from '~/api/drafts'
import type { VersionLine } from '~/api/types'
import { fetchWorkflow, versionsQuery } from '~/api/workflows'
import { words } from '~/i18n'
import { completeDocument } from '~/model/workflow'
import { ErrorNote } from '~/ui/ErrorNote'
import { Time } from '~/ui/Time'
import { editDocument } from '../actions/editDocument'
import { useDispatch, useEditor } from '../store'
import classes from './Drawer.module.css'
import { LabelDialog } from './LabelDialog'
import { VersionDiff } from './VersionDiff'

const t = words.versions
const say = (error: Error) => notifications.show({ color: 'red', message: error.message, autoClose: false })

/** Every saved version with who made it; one can be compared with the draft, published, or brought back. */
export function VersionsPanel() {
  const name = useEditor((state) => state.saved.document.name)
  const versions = useQuery(versionsQuery(name))
  const [compared, setCompared] = useState<number | null>(null)
  const [named, setNamed] = useState<VersionLine | null>(null)
  if (versions.error) return <ErrorNote error={versions.error} onRetry={() => void versions.refetch()} />
  const items = versions.data?.items ?? []
  return (
    <div className={classes.versions}>
      <ul className={classes.versionList} aria-label={t.list}>
        {items.map((line) => (
          <VersionRow
            key={line.version}
            line={line}
            active={compared === line.version}
            onCompare={() => setCompared(compared === line.version ? null : line.version)}
            onLabel={() => setNamed(line)}
          />
        ))}
      </ul>
      <div className={classes.versionDiff}>
        {compared === null ? (
          <p className={classes.note}>{t.chooseOne}</p>
        ) : (
          <VersionDiff
            key={compared}
            name={name}
            version={compared}
            others={items.map(({ version }) => version)}
          />
        )}
      </div>
      {named ? <LabelDialog name={name} line={named} onClose={() => setNamed(null)} /> : null}
    </div>
  )
}

interface RowProps {
  line: VersionLine
  active: boolean
  onCompare(): void
  onLabel(): void
}

function VersionRow({ line, active, onCompare, onLabel }: RowProps) {
  const dispatch = useDispatch()
  const name = useEditor((state) => state.saved.document.name)
  const publish = usePublishVersion(name)
  const { version, label, published, created_by: by, created_at: at, node_count: nodes } = line
  const restore = async () => {
    const found = await fetchWorkflow(name, version)
    dispatch(editDocument, { document: completeDocument(found.document), label: t.restored(version) })
  }
  return (
    <li className={classes.versionRow} data-active={active || undefined} data-testid={`version-${version}`}>
      <span className={classes.versionWords}>
        <Link to="/workflows/$name/versions/$version" params={{ name, version }}>
          <strong>{t.version(version)}</strong>
        </Link>{' '}
        {label}
        <span className={classes.muted}>
          {t.by(by)} · <Time at={at} /> · {t.nodes(nodes)}
        </span>
      </span>
      {published ? <Badge variant="light">{t.published}</Badge> : null}
      <Button variant="subtle" size="compact-xs" aria-pressed={active} onClick={onCompare}>
        {t.compare}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Tooltip label={t.more(version)}>
            <ActionIcon size={24} aria-label={t.more(version)}>
              <IconDots size={15} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void restore().catch(say)}>{t.restore}</Menu.Item>
          <Menu.Item disabled={published} onClick={() => publish.mutate({ version }, { onError: say })}>
            {t.publish}
          </Menu.Item>
          <Menu.Item onClick={onLabel}>{t.name}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  )
}
