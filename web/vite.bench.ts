import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The page beside which `make bench-web` measures; where it goes is said with `--outDir`. */
export default defineConfig({
  plugins: [react()],
  root: fileURLToPath(new URL('./bench', import.meta.url)),
  base: './',
  build: { target: 'es2022', emptyOutDir: true },
})
