import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { IconDownload, IconLayoutBottombar, IconLayoutSidebarRight, IconX } from '@tabler/icons-react'
import { lazy, Suspense, useRef } from 'react'
import { useStore } from 'zustand'
import { saveText } from '~/api/download'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import { setPanels } from '../actions/panels'
import { useDispatch, useEditor, useEditorHandle } from '../store'
import { placeWords } from '../sync/placeWords'
import type { TextSync } from '../yaml/textSync'
import { useDiagnostics, useTextSync, useTogetherWithCanvas } from '../yaml/useYaml'
import type { YamlHandle } from '../yaml/YamlEditor'
import classes from './YamlPanel.module.css'

const YamlEditor = lazy(() => import('../yaml/YamlEditor'))
const t = words.yaml

/** The workflow as text, in step with the canvas: below it, or beside. */
export function YamlPanel({ beside = false }: { beside?: boolean }) {
  const opened = useTextSync()
  return (
    <section className={classes.panel} data-testid="yaml-panel">
      {opened ? (
        <Opened {...opened} beside={beside} />
      ) : (
        <p className={classes.note} role="status">
          {t.waiting}
        </p>
      )}
    </section>
  )
}

type OpenedProps = NonNullable<ReturnType<typeof useTextSync>> & { beside: boolean }

function Opened({ engine, sync, beside }: OpenedProps) {
  const { store } = useEditorHandle()
  const editor = useRef<YamlHandle>(null)
  const text = useStore(sync.store, (state) => state.text)
  const readOnly = useEditor((state) => state.readOnly !== null)
  const diagnostics = useDiagnostics({ engine, sync })
  const onCursor = useTogetherWithCanvas({ engine, sync }, editor)
  return (
    <>
      <Head sync={sync} beside={beside} onLine={(line) => goTo(editor.current, text, line)} />
      <Collided sync={sync} />
      <div className={classes.editor}>
        {text === null ? null : (
          <Suspense fallback={<p className={classes.note}>{t.waiting}</p>}>
            <YamlEditor
              ref={editor}
              text={text}
              readOnly={readOnly}
              diagnostics={diagnostics}
              known={() => ({ document: store.getState().root, types: store.getState().types })}
              onType={(next) => sync.type(next)}
              onCursor={onCursor}
            />
          </Suspense>
        )}
      </div>
    </>
  )
}

function goTo(editor: YamlHandle | null, text: string | null, line: number): void {
  const from =
    (text ?? '')
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + (line > 1 ? 1 : 0)
  editor?.show({ from, to: from }, true)
}

interface HeadProps {
  sync: TextSync
  beside: boolean
  onLine(line: number): void
}

function Head({ sync, beside, onLine }: HeadProps) {
  const dispatch = useDispatch()
  const name = useEditor((state) => state.root.name)
  const { text, pending, refused, failed } = useStore(sync.store)
  const [label, Icon] = beside ? [t.below, IconLayoutBottombar] : [t.beside, IconLayoutSidebarRight]
  return (
    <div className={classes.head}>
      <span
        className={classes.state}
        role="status"
        data-state={failed || refused ? 'refused' : pending ? 'pending' : 'in-step'}
        data-testid="yaml-state"
      >
        {failed
          ? t.failed(failed)
          : refused
            ? t.refused(refused.line, refused.message)
            : pending
              ? t.typing
              : t.inStep}
      </span>
      {refused ? (
        <>
          <Button size="compact-xs" variant="default" onClick={() => onLine(refused.line)}>
            {t.goToLine}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => sync.revert()}>
            {t.revert}
          </Button>
        </>
      ) : null}
      {/^\s*#/m.test(text ?? '') && !refused ? <span className={classes.hint}>{t.comments}</span> : null}
      <span className={classes.tools}>
        <CopyButton text={text ?? ''} label={t.copy} />
        <Tool
          label={t.download}
          icon={IconDownload}
          onClick={() => saveText(text ?? '', `${name}.yaml`, 'application/yaml')}
        />
        <Tool
          label={label}
          icon={Icon}
          onClick={() =>
            // The palette makes room.
            dispatch(setPanels, beside ? BELOW : BESIDE)
          }
        />
        {beside ? (
          <Tool label={t.close} icon={IconX} onClick={() => dispatch(setPanels, { yamlBeside: false })} />
        ) : null}
      </span>
    </div>
  )
}

function Tool({ label, icon: Icon, onClick }: { label: string; icon: typeof IconX; onClick(): void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={22} aria-label={label} onClick={onClick}>
        <Icon size={14} stroke={1.8} />
      </ActionIcon>
    </Tooltip>
  )
}

const BESIDE = { yamlBeside: true, drawer: null, palette: false }
const BELOW = { yamlBeside: false, drawer: 'yaml' } as const

/** At most so many places are named. */
const NAMED = 3

function Collided({ sync }: { sync: TextSync }) {
  const collisions = useStore(sync.store, (state) => state.collisions)
  if (collisions.length === 0) return null
  const names = collisions.slice(0, NAMED).map(({ change }) => placeWords(change.path))
  const more = collisions.length > NAMED ? t.more(collisions.length - NAMED) : ''
  return (
    <div className={classes.collided} role="alert">
      <span>{t.collided(names.join(', ') + more)}</span>
      <Button size="compact-xs" variant="default" onClick={() => sync.resolve('mine')}>
        {t.takeMine}
      </Button>
      <Button size="compact-xs" variant="default" onClick={() => sync.resolve('theirs')}>
        {t.keepTheirs}
      </Button>
    </div>
  )
}
