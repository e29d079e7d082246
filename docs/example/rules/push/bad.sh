docker push example.net/app:1
