docker build --tag app .
