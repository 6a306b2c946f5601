import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle, IconPin, IconPinFilled } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useDeletePin, usePutPin } from '~/api/pins'
import type { Pin } from '~/api/types'
import { words } from '~/i18n'
import { type FollowedRun, useNodeRun } from '~/runs/useRun'
import { formatBytes, formatCount, shortId } from '~/ui/format'
import { Time } from '~/ui/Time'
import { useEditor, useEditorHandle } from '../store'
import classes from './partial.module.css'
import { usePins, useStale, useTrial } from './usePins'

const t = words.pins.bar

/** What a pinned output is, in few words. */
export function pinWords({ kind, size_bytes: size, rows }: Pin): string {
  return t.size(kind, formatBytes(size), rows === null ? null : t.rows(formatCount(rows), rows))
}

/** The value itself, where it is small enough to be told. */
export function sampleOf({ summary }: Pin): string | null {
  if (summary.kind !== 'json' || !('value' in summary)) return null
  const text = JSON.stringify(summary.value)
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

/** In the Output tab: pin what is shown or a value, and what is pinned already. */
export function PinBar({ id, run }: { id: string; run: FollowedRun }) {
  const { trial } = useEditorHandle()
  const path = useEditor((state) => state.path)
  const workflow = useEditor((state) => state.root.name)
  const place = [...path, id].join('/')
  const { pins } = usePins()
  const put = usePutPin(workflow)
  const view = useNodeRun(path.length === 0 ? run.store : null, id)
  const pin = pins.find(({ node }) => node === place)
  const outlets = Object.keys(view?.outputs ?? {})
  const execution = useEditor((state) => state.execution)
  // What is shown is what is pinned.
  const own =
    pin !== undefined &&
    ((pin.origin !== null && pin.origin.execution === execution) ||
      (view?.reused?.pinned === true && view.reused.at === pin.at))
  const pinShown = (outlet: string) => {
    if (execution === null) return
    put.mutate(
      { node: place, execution, outlet },
      {
        onError: (error) =>
          notifications.show({ color: 'red', title: words.pins.done.failed, message: error.message }),
      },
    )
  }
  const label = pin ? t.pinOther : t.pinThis
  return (
    <section
      className={classes.pinBar}
      data-pinned={pin ? true : undefined}
      data-stale={useStale().get(place)}
      aria-label={t.label}
      data-testid="pin-bar"
    >
      {pin ? <Pinned pin={pin} /> : null}
      {outlets.length === 0 || (own && outlets.length === 1) ? null : outlets.length === 1 ? (
        <Button
          size="compact-sm"
          variant="default"
          loading={put.isPending}
          leftSection={<IconPin size={14} stroke={1.8} aria-hidden />}
          onClick={() => pinShown(outlets[0] ?? '')}
        >
          {label}
        </Button>
      ) : (
        <Menu position="bottom-start">
          <Menu.Target>
            <Button
              size="compact-sm"
              variant="default"
              loading={put.isPending}
              leftSection={<IconPin size={14} stroke={1.8} aria-hidden />}
            >
              {label}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {outlets.map((outlet) => (
              <Menu.Item key={outlet} onClick={() => pinShown(outlet)}>
                {outlet}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Button size="compact-sm" variant="subtle" onClick={() => trial.setState({ typing: place })}>
        {pin && pin.origin === null ? t.edit : t.typeValue}
      </Button>
    </section>
  )
}

function Pinned({ pin }: { pin: Pin }) {
  const workflow = useEditor((state) => state.root.name)
  const remove = useDeletePin(workflow)
  const stale = useStale().get(pin.node)
  const used = useTrial((trial) => trial.usesPins)
  const sample = sampleOf(pin)
  return (
    <>
      <div className={classes.pinFacts}>
        <span className={classes.pinName}>
          <IconPinFilled size={14} aria-hidden />
          {t.pinned}
        </span>
        <span>
          <Time at={pin.at} />
        </span>
        <Origin pin={pin} />
        <span className={classes.quiet}>{pinWords(pin)}</span>
        {pin.outlet === 'out' ? null : <span className={classes.quiet}>{t.outlet(pin.outlet)}</span>}
        {sample ? <code className={classes.sample}>{sample}</code> : null}
        {stale ? (
          <span className={`${classes.stale} ${classes.pinNote}`}>
            <IconAlertTriangle size={14} stroke={1.8} aria-hidden />
            {words.pins.stale[stale]}
          </span>
        ) : null}
        {used ? null : <span className={classes.pinNote}>{t.unused}</span>}
      </div>
      <Button
        size="compact-sm"
        variant="default"
        loading={remove.isPending}
        onClick={() =>
          remove.mutate(pin.node, {
            onError: (error) =>
              notifications.show({
                color: 'red',
                title: words.pins.done.unpinFailed,
                message: error.message,
              }),
          })
        }
      >
        {t.unpin}
      </Button>
    </>
  )
}

/** Whose output it is. */
export function Origin({ pin }: { pin: Pin }) {
  if (pin.origin === null) return <span>{t.typed(pin.by)}</span>
  return (
    <span>
      {t.ofRun}{' '}
      <Link to="/runs/$id" params={{ id: pin.origin.execution }} search={{}}>
        {shortId(pin.origin.execution)}
      </Link>
    </span>
  )
}
