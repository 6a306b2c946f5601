import { Outlet } from '@tanstack/react-router'
import { words } from '~/i18n'
import { useLiveLists } from '~/runs/useLiveLists'
import { Rail } from './Rail'
import classes from './Shell.module.css'
import { TopBar } from './TopBar'

/** The frame of every page: rail, top bar, content. */
export function Shell() {
  useLiveLists()
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {words.shell.skipToContent}
      </a>
      <Rail />
      <TopBar />
      <main id="content" className={classes.main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}
