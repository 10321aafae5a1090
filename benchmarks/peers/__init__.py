"""What Fanfold is compared with: each peer's set-up, and the programs that run in the peers' own venv."""
