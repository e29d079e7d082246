docker build --pull --tag app .
